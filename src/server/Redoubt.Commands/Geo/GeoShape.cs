// What GEOSEARCH and GEORADIUS look for: a circle or a box around a point, and which ranges of hashes cover it.
//
// The size of the shape decides how many bits of the hash an area of the search has, so that the one with the center and its eight
// neighbors cover the shape; those that the shape does not reach are left out. Sometimes, near an edge, they do not cover it:
// then they are made twice as large.

namespace Redoubt.Commands;

internal struct GeoShape
{
    private const double MercatorMax = 20037726.37;

    public GeoPoint Center;

    public bool IsBox;

    /// <summary>Meters per unit of the sizes below, and of the distances that are replied.</summary>
    public double UnitMeters;

    /// <summary>In units, as are the others.</summary>
    public double Radius;
    public double Width;
    public double Height;

    /// <summary>Whether a point is inside, and how far from the center, in meters.</summary>
    public readonly bool Contains(GeoPoint point, out double distance)
    {
        distance = 0;
        if (IsBox)
        {
            if (point.LatitudeDistanceTo(Center) > Height * UnitMeters / 2)
                return false;
            if (point.DistanceTo(Center with { Latitude = point.Latitude }) > Width * UnitMeters / 2)
                return false;
        }
        distance = Center.DistanceTo(point);
        // Written this way round, a distance that is no number counts as inside.
        return IsBox || !(distance > Radius * UnitMeters);
    }

    /// <summary>
    /// The areas that cover the shape, in the order in which they are searched: center, north, south, east, west, and the corners. Areas of no
    /// use have step 0.
    /// </summary>
    public readonly void Cover(Span<GeoHash> areas)
    {
        GeoBox box = Center.BoxAround(
            UnitMeters * (IsBox ? Width / 2 : Radius), UnitMeters * (IsBox ? Height / 2 : Radius));
        double radius = IsBox ? Math.Sqrt(Width / 2 * (Width / 2) + Height / 2 * (Height / 2)) : Radius;
        int step = StepFor(radius * UnitMeters, Center.Latitude);
        GeoHash hash = GeoHash.Encode(Center, step);
        if (step > 1 && !IsCoveredAround(hash, box))
            hash = GeoHash.Encode(Center, --step);
        GeoBox middle = hash.Decode();
        bool isFine = step >= 2;
        bool north = !isFine || !(middle.North > box.North), south = !isFine || !(middle.South < box.South);
        bool east = !isFine || !(middle.East > box.East), west = !isFine || !(middle.West < box.West);
        areas.Clear();
        areas[0] = hash;
        Add(areas, 1, hash, 0, 1, north);
        Add(areas, 2, hash, 0, -1, south);
        Add(areas, 3, hash, 1, 0, east);
        Add(areas, 4, hash, -1, 0, west);
        Add(areas, 5, hash, 1, 1, north && east);
        Add(areas, 6, hash, -1, 1, north && west);
        Add(areas, 7, hash, 1, -1, south && east);
        Add(areas, 8, hash, -1, -1, south && west);
    }

    private static void Add(Span<GeoHash> areas, int index, GeoHash center, int east, int north, bool isOfUse)
    {
        if (isOfUse)
            areas[index] = center.Neighbor(east, north);
    }

    private static bool IsCoveredAround(GeoHash hash, GeoBox box) =>
        !(hash.Neighbor(0, 1).Decode().North < box.North)
        && !(hash.Neighbor(0, -1).Decode().South > box.South)
        && !(hash.Neighbor(1, 0).Decode().East < box.East)
        && !(hash.Neighbor(-1, 0).Decode().West > box.West);

    /// <summary>How many bits each coordinate of an area has, whose side is as long as this radius.</summary>
    private static int StepFor(double radiusMeters, double latitude)
    {
        if (radiusMeters == 0)
            return GeoHash.StepMax;
        int step = 1;
        for (; radiusMeters < MercatorMax; radiusMeters *= 2)
            step++;
        step -= 2;
        // Degrees of longitude are shorter towards the poles.
        if (latitude is > 66 or < -66)
            step--;
        if (latitude is > 80 or < -80)
            step--;
        return Math.Clamp(step, 1, GeoHash.StepMax);
    }
}
