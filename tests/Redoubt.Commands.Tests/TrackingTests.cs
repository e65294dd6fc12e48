namespace Redoubt.Commands.Tests;

public class TrackingTests
{
    [Theory]
    [InlineData("CLIENT TRACKING ON PREFIX a", "-ERR PREFIX option requires BCAST mode to be enabled")]
    [InlineData("CLIENT TRACKING ON BCAST OPTIN", "-ERR OPTIN and OPTOUT are not compatible with BCAST")]
    [InlineData("CLIENT TRACKING ON OPTIN OPTOUT", "-ERR You can't specify both OPTIN mode and OPTOUT mode")]
    [InlineData("CLIENT TRACKING ON REDIRECT 99", "-ERR The client ID you want redirect to does not exist")]
    [InlineData("CLIENT TRACKING MAYBE", "-ERR syntax error")]
    [InlineData("CLIENT TRACKING ON BCAST PREFIX fo PREFIX foo",
        "-ERR Prefix 'fo' overlaps with another provided prefix 'foo'. Prefixes for a single client must not overlap.")]
    [InlineData("CLIENT CACHING YES", "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")]
    public void Options_that_contradict_one_another_are_refused(string request, string expected)
    {
        using CommandRig rig = new();
        Assert.Equal(expected, rig.Run(request));
        Assert.Null(rig.Ports.Modes);
    }

    [Fact]
    public void A_mode_is_changed_only_by_way_of_off()
    {
        using CommandRig rig = new();
        rig.Run("CLIENT TRACKING ON OPTIN");
        Assert.StartsWith("-ERR You can't switch BCAST mode", rig.Run("CLIENT TRACKING ON BCAST"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR You can't switch OPTIN/OPTOUT", rig.Run("CLIENT TRACKING ON OPTOUT"), StringComparison.Ordinal);
        rig.Run("CLIENT TRACKING OFF");
        Assert.Equal("+OK", rig.Run("CLIENT TRACKING ON BCAST"));
    }

    [Fact]
    public void Tracking_info_tells_modes_redirection_and_prefixes()
    {
        using CommandRig rig = new();
        Assert.Equal("*6|$5|flags|*1|$3|off|$8|redirect|:-1|$8|prefixes|*0", rig.Run("CLIENT TRACKINGINFO"));
        rig.Run("CLIENT TRACKING ON BCAST NOLOOP REDIRECT 7 PREFIX a PREFIX b");
        Assert.Equal(
            "*6|$5|flags|*3|$2|on|$5|bcast|$6|noloop|$8|redirect|:7|$8|prefixes|*2|$1|a|$1|b", rig.Run("CLIENT TRACKINGINFO"));
        Assert.Equal(":7", rig.Run("CLIENT GETREDIR"));
    }

    [Fact]
    public void A_flush_makes_everything_void()
    {
        using CommandRig rig = new();
        rig.Run("FLUSHDB");
        Assert.Equal(1, rig.Ports.CachesVoided);
    }
}
