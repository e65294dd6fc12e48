using System.Globalization;
using System.Text;

namespace Redoubt.Commands;

/// <summary>Places, sizes and units among the arguments; as everywhere, a value or an error that is sent.</summary>
internal static class GeoArguments
{
    /// <summary>Longitude and latitude.</summary>
    public static bool TryGeoPoint(this CommandContext c, int index, out GeoPoint point)
    {
        point = default;
        if (!c.TryDouble(index, out double longitude) || !c.TryDouble(index + 1, out double latitude))
            return false;
        point = new GeoPoint(longitude, latitude);
        if (point.IsValid)
            return true;
        c.Error(Encoding.ASCII.GetBytes($"ERR invalid longitude,latitude pair {Fixed(longitude)},{Fixed(latitude)}"));
        return false;
    }

    public static bool TryGeoUnit(this CommandContext c, int index, out double meters)
    {
        meters = c.Is(index, "M"u8) ? 1
            : c.Is(index, "KM"u8) ? 1000
            : c.Is(index, "FT"u8) ? 0.3048
            : c.Is(index, "MI"u8) ? 1609.34
            : 0;
        if (meters == 0)
            c.Error(Errors.UnknownUnit);
        return meters != 0;
    }

    /// <summary>A radius and its unit.</summary>
    public static bool TryCircle(this CommandContext c, int index, ref GeoShape shape)
    {
        if (!c.TryDouble(index, out shape.Radius, Errors.RadiusNotNumber))
            return false;
        if (shape.Radius < 0)
        {
            c.Error(Errors.RadiusNegative);
            return false;
        }
        shape.IsBox = false;
        return c.TryGeoUnit(index + 1, out shape.UnitMeters);
    }

    /// <summary>Width, height and their unit.</summary>
    public static bool TryBox(this CommandContext c, int index, ref GeoShape shape)
    {
        if (!c.TryDouble(index, out shape.Width, Errors.WidthNotNumber) || !c.TryDouble(index + 1, out shape.Height, Errors.HeightNotNumber))
            return false;
        if (shape.Width < 0 || shape.Height < 0)
        {
            c.Error(Errors.BoxNegative);
            return false;
        }
        shape.IsBox = true;
        return c.TryGeoUnit(index + 2, out shape.UnitMeters);
    }

    private static string Fixed(double value) =>
        double.IsInfinity(value) ? (value > 0 ? "inf" : "-inf") : value.ToString("F6", CultureInfo.InvariantCulture);
}
