namespace Redoubt.Structures.Values;

/// <summary>A collection taken out of its entry, to be freed in slices by <see cref="CollectionDisposal"/>.</summary>
public struct DetachedCollection
{
    internal ValueType Type;
    internal ValueEncoding Encoding;
    internal nint Root;

    /// <summary>Frees some more of it; true when nothing is left.</summary>
    /// <param name="budget">How many elements or nodes may be freed; lowered by what was.</param>
    public bool FreeSome(ValueStore store, ref int budget) => CollectionDisposal.FreeSome(store, Type, Encoding, ref Root, ref budget);
}
