// What GEOSEARCH and GEORADIUS are asked for. Arguments are read in Redis's order, because the first mistake is the one that is replied: the
// set is looked up first, and the place of a member while the options are read.

using Redoubt.Keyspace;
using Redoubt.Structures.SortedSets;

namespace Redoubt.Commands;

internal enum GeoSearchForm
{
    /// <summary>GEORADIUS key longitude latitude radius unit.</summary>
    AroundPoint,

    /// <summary>GEORADIUSBYMEMBER key member radius unit.</summary>
    AroundMember,

    /// <summary>GEOSEARCH key.</summary>
    Search,

    /// <summary>GEOSEARCHSTORE destination key.</summary>
    SearchAndStore,
}

internal enum GeoOrder
{
    AsFound,
    NearestFirst,
    FarthestFirst,
}

internal ref struct GeoSearchOptions
{
    public GeoShape Shape;
    public GeoOrder Order;
    public bool WithDistance;
    public bool WithHash;
    public bool WithPoint;

    /// <summary>Results wanted, 0 = all.</summary>
    public long Count;

    /// <summary>Any results will do, not just the nearest ones.</summary>
    public bool IsAny;

    /// <summary>The argument with the destination's key, 0 = the result is replied.</summary>
    public int StoreArgument;
    public bool StoresDistance;

    private SortedSetValue _set;
    private ValueLookup _found;
    private GeoSearchForm _form;
    private bool _mayStore;
    private bool _hasMember;
    private bool _hasPoint;
    private bool _hasCircle;
    private bool _hasBox;

    private readonly bool IsSearch => _form >= GeoSearchForm.Search;

    public static bool TryParse(
        CommandContext c, GeoSearchForm form, bool mayStore, ValueLookup found, SortedSetValue set, out GeoSearchOptions options)
    {
        options = new GeoSearchOptions { _set = set, _found = found, _form = form, _mayStore = mayStore };
        int at;
        switch (form)
        {
            case GeoSearchForm.AroundPoint:
                if (!c.TryGeoPoint(2, out options.Shape.Center) || !c.TryCircle(4, ref options.Shape))
                    return false;
                at = 6;
                break;
            case GeoSearchForm.AroundMember:
                // A missing key has no member to look for: then the size is not looked at either.
                if (found == ValueLookup.Found && (!options.TryCenter(c, 2) || !c.TryCircle(3, ref options.Shape)))
                    return false;
                at = 5;
                break;
            case GeoSearchForm.SearchAndStore:
                options.StoreArgument = 1;
                at = 3;
                break;
            default:
                at = 2;
                break;
        }
        while (at < c.Count)
        {
            if (!options.TryOption(c, ref at))
                return false;
        }
        return options.AreCompatible(c);
    }

    /// <summary>Reads one option and moves on behind it.</summary>
    private bool TryOption(CommandContext c, ref int at)
    {
        int index = at++;
        if (c.Is(index, "WITHDIST"u8))
            WithDistance = true;
        else if (c.Is(index, "WITHHASH"u8))
            WithHash = true;
        else if (c.Is(index, "WITHCOORD"u8))
            WithPoint = true;
        else if (c.Is(index, "ANY"u8))
            IsAny = true;
        else if (c.Is(index, "ASC"u8))
            Order = GeoOrder.NearestFirst;
        else if (c.Is(index, "DESC"u8))
            Order = GeoOrder.FarthestFirst;
        else if (c.Is(index, "COUNT"u8) && at < c.Count)
            return TryCount(c, at++);
        else if (_form == GeoSearchForm.SearchAndStore && c.Is(index, "STOREDIST"u8))
            StoresDistance = true;
        else if (IsSearch)
            return TrySearchOption(c, index, ref at);
        else
            return TryStore(c, index, ref at);
        return true;
    }

    private bool TryCount(CommandContext c, int index)
    {
        if (!c.TryInteger(index, out Count))
            return false;
        return Count > 0 || Fail(c, Errors.GeoCount);
    }

    private bool TryStore(CommandContext c, int index, ref int at)
    {
        bool isDistance = c.Is(index, "STOREDIST"u8);
        if (!_mayStore || at >= c.Count || !(isDistance || c.Is(index, "STORE"u8)))
            return Fail(c, Errors.Syntax);
        StoreArgument = at++;
        StoresDistance = isDistance;
        return true;
    }

    private bool TrySearchOption(CommandContext c, int index, ref int at)
    {
        int left = c.Count - at;
        if (left >= 1 && !_hasPoint && c.Is(index, "FROMMEMBER"u8))
        {
            _hasMember = true;
            at++;
            return _found == ValueLookup.Missing || TryCenter(c, index + 1);
        }
        if (left >= 2 && !_hasMember && c.Is(index, "FROMLONLAT"u8))
        {
            _hasPoint = true;
            at += 2;
            return c.TryGeoPoint(index + 1, out Shape.Center);
        }
        if (left >= 2 && !_hasBox && c.Is(index, "BYRADIUS"u8))
        {
            _hasCircle = true;
            at += 2;
            return c.TryCircle(index + 1, ref Shape);
        }
        if (left >= 3 && !_hasCircle && c.Is(index, "BYBOX"u8))
        {
            _hasBox = true;
            at += 3;
            return c.TryBox(index + 1, ref Shape);
        }
        return Fail(c, Errors.Syntax);
    }

    private bool TryCenter(CommandContext c, int index)
    {
        if (!_set.TryGetScore(c[index], out double score))
            return Fail(c, Errors.GeoMember);
        Shape.Center = GeoPoint.OfScore(score);
        return true;
    }

    private bool AreCompatible(CommandContext c)
    {
        if (StoreArgument != 0 && (WithDistance || WithHash || WithPoint))
            return Fail(c, _form == GeoSearchForm.SearchAndStore ? Errors.GeoSearchStoreWith : Errors.GeoRadiusStoreWith);
        if (IsSearch && !_hasMember && !_hasPoint)
        {
            c.Error(Errors.GeoNeedsCenter, c[0], []);
            return false;
        }
        if (IsSearch && !_hasCircle && !_hasBox)
        {
            c.Error(Errors.GeoNeedsShape, c[0], []);
            return false;
        }
        if (IsAny && Count == 0)
            return Fail(c, Errors.GeoAnyWithoutCount);
        // The nearest ones are meant, unless any will do.
        if (Count != 0 && Order == GeoOrder.AsFound && !IsAny)
            Order = GeoOrder.NearestFirst;
        return true;
    }

    private static bool Fail(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Error(error);
        return false;
    }
}
