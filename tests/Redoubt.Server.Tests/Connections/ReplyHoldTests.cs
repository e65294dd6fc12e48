using Redoubt.Server.Connections;

namespace Redoubt.Server.Tests.Connections;

public sealed class ReplyHoldTests
{
    [Fact]
    public void Replies_leave_once_their_mark_is_reached_and_not_before()
    {
        ReplyHold hold = default;
        hold.Hold(mark: 100, queuedBytes: 5);

        hold.Reach(99);
        Assert.Equal(0, hold.Cleared);
        hold.Reach(100);
        Assert.Equal(5, hold.Cleared);
    }

    [Fact]
    public void A_client_that_never_stops_asking_gets_what_its_first_mark_covers()
    {
        ReplyHold hold = default;
        hold.Hold(100, 5);
        hold.Hold(200, 12);
        hold.Hold(300, 20);

        hold.Reach(100);
        Assert.Equal(5, hold.Cleared);
        hold.Sent(5);
        hold.Reach(200);
        Assert.Equal(0, hold.Cleared);
        hold.Reach(300);
        Assert.Equal(15, hold.Cleared);
    }

    [Fact]
    public void What_was_written_since_the_last_mark_waits_for_its_own()
    {
        ReplyHold hold = default;
        hold.Hold(100, 5);

        // Seven more bytes have come into the queue, and the end of their turn is still to come.
        hold.Reach(150);
        Assert.Equal(5, hold.Cleared);
        hold.Hold(200, 12);
        Assert.Equal(5, hold.Cleared);
        hold.Reach(200);
        Assert.Equal(12, hold.Cleared);
    }
}
