namespace Redoubt.Topology.Tests;

public class NodeAddressTests
{
    [Theory]
    [InlineData("redis-a.example.net:6379", "redis-a.example.net", 6379)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("[2001:db8::1]:65535", "2001:db8::1", 65535)]
    [InlineData(" localhost:7000 ", "localhost", 7000)]
    public void An_address_survives_the_round_trip(string text, string host, int port)
    {
        NodeAddress address = NodeAddress.Parse(text);
        Assert.Equal(host, address.Host);
        Assert.Equal(port, address.Port);
        Assert.Equal(text.Trim(), address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData(":6379")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:+1")]
    [InlineData("host:12:34")]
    [InlineData("2001:db8::1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:db8::1")]
    [InlineData("[::1]x:5")]
    [InlineData("two words:5")]
    [InlineData("redis://host:6379")]
    public void What_is_no_address_is_refused(string text) => Assert.False(NodeAddress.TryParse(text, out _));

    [Theory]
    [InlineData("host", "host:6379")]
    [InlineData("[::1]", "[::1]:6379")]
    [InlineData("host:7000", "host:7000")]
    public void With_a_default_the_port_may_be_left_out(string text, string expected) =>
        Assert.Equal(expected, NodeAddress.Parse(text, 6379).ToString());

    [Fact]
    public void Names_are_compared_without_regard_to_case()
    {
        Assert.Equal(NodeAddress.Parse("Redis-A:1"), NodeAddress.Parse("redis-a:1"));
        Assert.Equal(NodeAddress.Parse("Redis-A:1").GetHashCode(), NodeAddress.Parse("redis-a:1").GetHashCode());
        Assert.NotEqual(NodeAddress.Parse("redis-a:1"), NodeAddress.Parse("redis-a:2"));
    }
}
