using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class OffsetHistoryTests
{
    [Fact]
    public void A_replica_is_behind_since_the_first_moment_beyond_what_it_has()
    {
        OffsetHistory history = new();
        history.Note(At(100), 1_000);
        history.Note(At(200), 2_000);
        history.Note(At(300), 3_000);
        history.Note(At(300), 4_000);
        Assert.Equal(0, history.BehindMs(At(300), At(300), 9_000));
        Assert.Equal(6_000, history.BehindMs(At(299), At(300), 9_000));
        Assert.Equal(7_000, history.BehindMs(At(100), At(300), 9_000));
        Assert.Equal(8_000, history.BehindMs(At(7), At(300), 9_000));
        Assert.Equal(0, history.BehindMs(At(300), At(310), 9_000));
    }

    [Fact]
    public void Hours_of_notes_still_answer_within_a_few_percent()
    {
        OffsetHistory history = new();
        for (int i = 1; i <= 100_000; i++)
            history.Note(At(i * 10L), i * 100L);
        long now = 100_000 * 100L;
        foreach (int ago in (int[])[10, 100, 1_000, 10_000, 90_000])
        {
            long behind = history.BehindMs(At((100_000 - ago) * 10L), At(1_000_000), now);
            Assert.InRange(behind, (ago - 2) * 96L, ago * 100L);
        }
    }

    [Fact]
    public void Another_history_begins_with_new_notes()
    {
        OffsetHistory history = new();
        history.Note(At(1_000_000), 1_000);
        history.Note(At(50), 2_000);
        history.Note(At(60), 3_000);
        Assert.Equal(2_000, history.BehindMs(At(50), At(60), 5_000));
    }

    private static ReplicationOffset At(long offset) => new(offset);
}
