namespace Redoubt.Topology.Tests;

public class ReplicationOffsetTests
{
    [Fact]
    public void A_replica_with_nothing_wants_the_first_byte() => Assert.Equal(StreamPosition.First, ReplicationOffset.Zero.NextByte);

    [Fact]
    public void Next_byte_and_offset_before_are_each_others_inverse()
    {
        var offset = new ReplicationOffset(53);
        Assert.Equal(offset, offset.NextByte.OffsetBefore);
        Assert.Equal("54", offset.NextByte.ToString());
    }

    [Fact]
    public void A_replica_at_the_end_of_the_backlog_continues_with_nothing_missing()
    {
        BacklogWindow window = BacklogWindow.EndingAt(new ReplicationOffset(100), 40);
        Assert.Equal(new StreamPosition(61), window.FirstByte);
        Assert.Equal(new ReplicationOffset(100), window.End);
        Assert.True(window.CanContinueFrom(new ReplicationOffset(100).NextByte));
    }

    [Theory]
    [InlineData(59, false)]
    [InlineData(60, true)]
    [InlineData(99, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_replica_continues_only_when_its_next_byte_is_in_the_backlog(long offset, bool continues) =>
        Assert.Equal(continues, BacklogWindow.EndingAt(new ReplicationOffset(100), 40).CanContinueFrom(new ReplicationOffset(offset).NextByte));

    [Fact]
    public void An_empty_backlog_serves_only_the_replica_that_has_everything()
    {
        BacklogWindow window = BacklogWindow.EndingAt(new ReplicationOffset(87), 0);
        Assert.Equal(new StreamPosition(88), window.FirstByte);
        Assert.True(window.CanContinueFrom(new ReplicationOffset(87).NextByte));
        Assert.False(window.CanContinueFrom(new ReplicationOffset(86).NextByte));
    }

    [Fact]
    public void Lag_is_what_lacks_to_the_one_ahead()
    {
        Assert.Equal(17, new ReplicationOffset(83).BytesBehind(new ReplicationOffset(100)));
        Assert.Equal(-17, new ReplicationOffset(100).BytesBehind(new ReplicationOffset(83)));
    }
}
