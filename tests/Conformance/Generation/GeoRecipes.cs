using System.Globalization;

namespace Redoubt.Conformance.Generation;

/// <summary>Places: each has its own region, but some share a spot, so that results are at equal distances, too.</summary>
internal static class GeoRecipes
{
    private const int Names = 16;

    public static IEnumerable<Recipe> All { get; } = Family(
        new("GEOADD", 25, d => [d.Case("GEOADD"), Key(d), .. d.Chance(0.3) ? d.Some(["NX"], ["XX"], ["CH"]) : [], .. Places(d)], Makes: true),
        new("GEODIST", 6, d => ["GEODIST", Key(d), Member(d), Member(d), .. d.Chance(0.5) ? [Unit(d)] : Array.Empty<string>()]),
        new("GEOHASH", 4, d => ["GEOHASH", Key(d), Member(d), Member(d)]),
        new("GEOPOS", 4, d => ["GEOPOS", Key(d), Member(d), Member(d)]),
        new("GEORADIUS", 8, d => [d.Pick("GEORADIUS", "GEORADIUS_RO"), Key(d), .. Spot(d), .. Circle(d), .. Options(d), .. Store(d)]),
        new("GEORADIUSBYMEMBER", 8, d => [d.Pick("GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"), Key(d), Member(d), .. Circle(d), .. Options(d), .. Store(d)]),
        new("GEOSEARCH", 20, d => ["GEOSEARCH", Key(d), .. Center(d), .. Shape(d), .. Options(d)]),
        new("GEOSEARCHSTORE", 8, d => ["GEOSEARCHSTORE", Key(d), Key(d), .. Center(d), .. Shape(d), .. Options(d), .. d.Some(["STOREDIST"])]),
        new("GEO commands on other scores", 2, d => d.Pick<string[]>(
            ["GEOPOS", SortedSetRecipes.Key(d), "a", "b"], ["GEOHASH", SortedSetRecipes.Key(d), "a", "c"], ["GEODIST", SortedSetRecipes.Key(d), "a", "b", "km"])));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "geo" })];

    private static string Key(Draw d) => d.Chance(0.05) ? d.Key() : d.Pick("geo1", "geo2");

    private static string Member(Draw d) => "place-" + Draw.Number(d.Next(Names));

    private static string[] Places(Draw d)
    {
        List<string> places = [];
        for (int count = 1 + d.Next(3); count > 0; count--)
        {
            int number = d.Next(Names);
            double longitude = (number * 29 % 340) - 170 + (d.Next(1_000_000) / 1e6), latitude = (number * 37 % 160) - 80 + (d.Next(1_000_000) / 1e6);
            string[] spot = d.Chance(0.3) ? ["12.5", "41.9"] : [Degrees(longitude), Degrees(latitude)];
            places.AddRange([.. spot, "place-" + Draw.Number(number)]);
        }

        if (d.Chance(0.03))
        {
            places[d.Next(places.Count)] = d.Pick("abc", "181", "-90", "1e300", "inf", "");
        }

        return [.. places];
    }

    private static string[] Spot(Draw d) => d.Chance(0.05)
        ? [d.Float(), d.Pick("90", "abc", "-85.1")]
        : [Degrees(d.Next(3600) / 10.0 - 180 + 0.00321), Degrees(d.Next(1700) / 10.0 - 85 + 0.00123)];

    private static string Unit(Draw d) => d.Pick("m", "km", "ft", "mi", "KM", "Mi", "bogus");

    private static string Size(Draw d) => d.Chance(0.05) ? d.Float() : d.Pick("0", "1", "0.5", "100", "1000", "5000", "20000", "1e7", "333.3");

    private static string[] Circle(Draw d) => [Size(d), d.Chance(0.7) ? "km" : Unit(d)];

    private static string[] Center(Draw d) => d.Next(20) switch
    {
        0 => [],
        1 => ["FROMMEMBER", Member(d), "FROMLONLAT", .. Spot(d)],
        < 10 => ["FROMMEMBER", Member(d)],
        _ => ["FROMLONLAT", .. Spot(d)],
    };

    private static string[] Shape(Draw d) => d.Next(20) switch
    {
        0 => [],
        1 => ["BYRADIUS", .. Circle(d), "BYBOX", "1", "1", "km"],
        < 10 => ["BYRADIUS", .. Circle(d)],
        _ => ["BYBOX", Size(d), .. Circle(d)],
    };

    private static string[] Options(Draw d) => d.Some(
        ["WITHDIST"], ["WITHCOORD"], ["WITHHASH"], ["ASC"], ["DESC"], ["COUNT", d.Pick("1", "2", "5", "0", "abc")], ["COUNT", "100", "ANY"], ["ANY"]);

    private static string[] Store(Draw d) => d.Chance(0.8) ? [] : d.Some(["STORE", Key(d)], ["STOREDIST", Key(d)]);

    private static string Degrees(double degrees) => degrees.ToString("R", CultureInfo.InvariantCulture);
}
