// A place on the globe as one number, and back.
//
// Longitude and latitude, each as a fraction of its range, are cut to `Step` bits, and the bits are interleaved (longitude
// first). Places that are near each other mostly have long prefixes in common, so that an area is a few ranges of numbers. With 26
// bits each the number has 52, which a double, and so a score of a sorted set, holds exactly.
//
// Latitudes end at 85.05112878 degrees, where the square map of EPSG:3857 does. Scores are written to files and sent to replicas: every
// bit must be as redis-server computes it, so the order of the operations is not free here.

namespace Redoubt.Commands;

internal readonly record struct GeoHash(ulong Bits, int Step)
{
    public const int StepMax = 26;
    public const double LongitudeMax = 180;
    public const double LatitudeMax = 85.05112878;

    private const ulong EvenBits = 0x5555555555555555;
    private const ulong OddBits = 0xAAAAAAAAAAAAAAAA;

    /// <summary>The hash of a place within the ranges.</summary>
    public static GeoHash Encode(GeoPoint point, int step) => Encode(point, step, LatitudeMax);

    /// <summary>The same with latitudes from -<paramref name="latitudeMax"/> to <paramref name="latitudeMax"/>.</summary>
    public static GeoHash Encode(GeoPoint point, int step, double latitudeMax)
    {
        double latitude = (point.Latitude - -latitudeMax) / (latitudeMax - -latitudeMax);
        double longitude = (point.Longitude - -LongitudeMax) / (LongitudeMax - -LongitudeMax);
        latitude *= 1UL << step;
        longitude *= 1UL << step;
        return new GeoHash(Spread((uint)latitude) | Spread((uint)longitude) << 1, step);
    }

    /// <summary>The hash that a score stands for; any number is one.</summary>
    public static GeoHash OfScore(double score) => new(Truncated(score), StepMax);

    /// <summary>The number that this hash's area begins with, in 52 bits.</summary>
    public ulong Aligned => Bits << (2 * StepMax - 2 * Step);

    /// <summary>The number behind this hash's area.</summary>
    public ulong AlignedEnd => (Bits + 1) << (2 * StepMax - 2 * Step);

    public GeoBox Decode()
    {
        uint latitude = Gather(Bits), longitude = Gather(Bits >> 1);
        const double latitudes = LatitudeMax - -LatitudeMax, longitudes = LongitudeMax - -LongitudeMax;
        ulong cells = 1UL << Step;
        return new GeoBox(
            -LongitudeMax + (longitude * 1.0 / cells) * longitudes,
            -LatitudeMax + (latitude * 1.0 / cells) * latitudes,
            -LongitudeMax + (unchecked(longitude + 1) * 1.0 / cells) * longitudes,
            -LatitudeMax + (unchecked(latitude + 1) * 1.0 / cells) * latitudes);
    }

    /// <summary>The area of the same size next to this one: -1, 0 or 1 to the east and to the north; around the globe at its edges.</summary>
    public GeoHash Neighbor(int east, int north)
    {
        int unused = 64 - Step * 2;
        ulong bits = Moved(Bits, OddBits, EvenBits, unused, east);
        return this with { Bits = Moved(bits, EvenBits, OddBits, unused, north) };
    }

    /// <summary>Adds to one of the two interleaved numbers: the bits of the other one are set, to carry, or cleared, to borrow.</summary>
    private static ulong Moved(ulong bits, ulong own, ulong others, int unused, int by)
    {
        if (by == 0)
            return bits;
        ulong moving = bits & own, gaps = others >> unused;
        moving = by > 0 ? moving + (gaps + 1) : (moving | gaps) - (gaps + 1);
        return (moving & (own >> unused)) | (bits & others);
    }

    private static ulong Spread(uint number)
    {
        ulong bits = number;
        bits = (bits | bits << 16) & 0x0000FFFF0000FFFF;
        bits = (bits | bits << 8) & 0x00FF00FF00FF00FF;
        bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits << 2) & 0x3333333333333333;
        return (bits | bits << 1) & EvenBits;
    }

    private static uint Gather(ulong bits)
    {
        bits &= EvenBits;
        bits = (bits | bits >> 1) & 0x3333333333333333;
        bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits >> 4) & 0x00FF00FF00FF00FF;
        bits = (bits | bits >> 8) & 0x0000FFFF0000FFFF;
        return (uint)(bits | bits >> 16);
    }

    /// <summary>What x86-64 makes of a double that need not fit: scores that no GEOADD made are decoded too.</summary>
    private static ulong Truncated(double score)
    {
        const double half = 9223372036854775808.0;
        if (score < half)
            return score >= -half ? (ulong)(long)score : 1UL << 63;
        double rest = score - half;
        return (rest < half ? (ulong)(long)rest : 1UL << 63) ^ 1UL << 63;
    }
}

/// <summary>In degrees.</summary>
internal readonly record struct GeoPoint(double Longitude, double Latitude)
{
    private const double EarthRadiusMeters = 6372797.560856;
    private const double RadiansPerDegree = Math.PI / 180.0;

    public bool IsValid =>
        Longitude >= -GeoHash.LongitudeMax && Longitude <= GeoHash.LongitudeMax
        && Latitude >= -GeoHash.LatitudeMax && Latitude <= GeoHash.LatitudeMax;

    /// <summary>The middle of the area that a score stands for.</summary>
    public static GeoPoint OfScore(double score)
    {
        GeoBox box = GeoHash.OfScore(score).Decode();
        return new GeoPoint(
            Math.Clamp((box.West + box.East) / 2, -GeoHash.LongitudeMax, GeoHash.LongitudeMax),
            Math.Clamp((box.South + box.North) / 2, -GeoHash.LatitudeMax, GeoHash.LatitudeMax));
    }

    /// <summary>The great-circle distance in meters, by the haversine formula.</summary>
    public double DistanceTo(GeoPoint other)
    {
        double v = Math.Sin((Radians(other.Longitude) - Radians(Longitude)) / 2);
        if (v == 0.0)
            return LatitudeDistanceTo(other);
        double here = Radians(Latitude), there = Radians(other.Latitude);
        double u = Math.Sin((there - here) / 2);
        double a = u * u + Math.Cos(here) * Math.Cos(there) * v * v;
        return 2.0 * EarthRadiusMeters * Math.Asin(Math.Sqrt(a));
    }

    /// <summary>The distance in meters to the other's parallel.</summary>
    public double LatitudeDistanceTo(GeoPoint other) => EarthRadiusMeters * Math.Abs(Radians(other.Latitude) - Radians(Latitude));

    /// <summary>The box around this point whose sides are that far away, in meters.</summary>
    public GeoBox BoxAround(double widthMeters, double heightMeters)
    {
        double latitudes = Degrees(heightMeters / EarthRadiusMeters);
        // The side nearer to the pole spans more degrees of longitude, that nearer to the equator fewer; Redis takes one by the hemisphere.
        double edge = Latitude < 0 ? Latitude - latitudes : Latitude + latitudes;
        double longitudes = Degrees(widthMeters / EarthRadiusMeters / Math.Cos(Radians(edge)));
        return new GeoBox(Longitude - longitudes, Latitude - latitudes, Longitude + longitudes, Latitude + latitudes);
    }

    private static double Radians(double degrees) => degrees * RadiansPerDegree;

    private static double Degrees(double radians) => radians / RadiansPerDegree;
}

/// <summary>An area between two meridians and two parallels, in degrees.</summary>
internal readonly record struct GeoBox(double West, double South, double East, double North);
