using System.Globalization;

namespace Redoubt.Commands.Tests;

/// <summary>Places near each other, and what a search finds of them. That results agree with redis-server to the bit is for the differential tests.</summary>
public sealed class GeoTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(30)]
    [InlineData(500)]
    public void The_nearest_come_first_however_many_are_asked_for(int places)
    {
        var random = new Random(places);
        using var rig = new CommandRig();
        for (int i = 0; i < places; i++)
            rig.Run(string.Create(CultureInfo.InvariantCulture, $"GEOADD g {random.NextDouble() * 20 - 10:F6} {random.NextDouble() * 20 - 10:F6} p{i}"));
        foreach (string order in new[] { "ASC", "DESC" })
        {
            string[] all = Found(rig, order, places);
            Assert.Equal(places, all.Length);
            foreach (int count in new[] { 1, places / 2, places - 1 })
                Assert.Equal(all[..count], Found(rig, order, count));
        }
    }

    [Fact]
    public void A_search_finds_what_measuring_every_place_would_find()
    {
        var random = new Random(7);
        using var rig = new CommandRig();
        for (int i = 0; i < 300; i++)
        {
            rig.Run(string.Create(CultureInfo.InvariantCulture,
                $"GEOADD g {random.NextDouble() * 360 - 180:F6} {random.NextDouble() * 170 - 85:F6} p{i}"));
        }
        foreach (int radiusKm in new[] { 10, 300, 2000, 9000, 21000 })
        {
            string center = "p" + random.Next(300);
            string[] measured = [.. Enumerable.Range(0, 300).Select(i => "p" + i).Where(p => Distance(rig, center, p) <= radiusKm).Order()];
            string[] found = [.. Words(rig.Run($"GEOSEARCH g FROMMEMBER {center} BYRADIUS {radiusKm} km")).Order()];
            Assert.Equal(measured, found);
        }
    }

    [Theory]
    [InlineData("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 1 km COUNT 1 ANY STOREDIST", "-ERR syntax error")]
    [InlineData("GEOSEARCH g BYRADIUS 1 km ASC ASC", "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH")]
    [InlineData("GEOSEARCH g FROMLONLAT 1 1 ASC ASC ASC", "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH")]
    [InlineData("GEOADD g 200 100 p", "-ERR invalid longitude,latitude pair 200.000000,100.000000")]
    [InlineData("GEORADIUS g 1 1 1 km STORE d WITHDIST", "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    public void What_is_asked_wrongly_is_refused_in_Redis_words(string command, string reply)
    {
        using var rig = new CommandRig();
        Assert.Equal(reply, rig.Run(command));
    }

    private static string[] Found(CommandRig rig, string order, int count) =>
        Words(rig.Run($"GEOSEARCH g FROMLONLAT 0.5 0.5 BYRADIUS 9000 km {order} COUNT {count}"));

    private static string[] Words(string reply) => [.. reply.Split('|').Where(word => word.StartsWith('p'))];

    private static double Distance(CommandRig rig, string from, string to) =>
        double.Parse(rig.Run($"GEODIST g {from} {to} km").Split('|')[1], CultureInfo.InvariantCulture);
}
