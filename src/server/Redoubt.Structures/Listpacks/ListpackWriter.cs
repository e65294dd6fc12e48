namespace Redoubt.Structures.Listpacks;

/// <summary>
/// A run of elements that belong together: put once to learn how much room they take, and once more, the same ones, to write them there.
/// </summary>
internal unsafe struct ListpackWriter(byte* target)
{
    public int Bytes { get; private set; }

    public int Elements { get; private set; }

    public void Put(long integer) => Put(new PackedElement(integer));

    public void Put(scoped ReadOnlySpan<byte> text) => Put(new PackedElement(text));

    private void Put(scoped in PackedElement element)
    {
        if (target != null)
            element.CopyTo(target + Bytes);
        Bytes += element.Bytes;
        Elements++;
    }
}
