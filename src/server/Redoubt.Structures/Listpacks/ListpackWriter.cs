namespace Redoubt.Structures.Listpacks;

/// <summary>
/// A run of elements that belong together: put once to learn how much room they take, and once more, the same ones, to write them there.
/// </summary>
internal unsafe struct ListpackWriter(byte* target)
{
    public int Bytes { get; private set; }

    public int Elements { get; private set; }

    public void Put(long integer)
    {
        if (PackedElement.IsByte(integer))
        {
            if (target != null)
                PackedElement.WriteByte(target + Bytes, (byte)integer);
            Bytes += 2;
            Elements++;
            return;
        }
        Put(new PackedElement(integer));
    }

    public void Put(scoped ReadOnlySpan<byte> text)
    {
        // Longer than any integer, and of the usual form: nothing but its length needs to be known.
        if (target == null && text.Length is > PackedValue.DigitsMax and < PackedElement.ShortTextBytes)
        {
            Bytes += text.Length + 2;
            Elements++;
            return;
        }
        Put(new PackedElement(text));
    }

    private void Put(scoped in PackedElement element)
    {
        if (target != null)
            element.CopyTo(target + Bytes);
        Bytes += element.Bytes;
        Elements++;
    }
}
