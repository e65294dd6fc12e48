using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class PsyncDecisionTests
{
    private static readonly ReplicationId A = ReplicationId.Parse("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    private static readonly ReplicationId B = ReplicationId.Parse("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    private static readonly ReplicationId C = ReplicationId.Parse("cccccccccccccccccccccccccccccccccccccccc");
    // Bytes 101 to 200 are held.
    private static readonly BacklogWindow Backlog = new(new StreamPosition(101), 100);

    [Theory]
    [InlineData(100, false)]
    [InlineData(101, true)]
    [InlineData(200, true)]
    [InlineData(201, true)]
    [InlineData(202, false)]
    [InlineData(-1, false)]
    public void A_replica_continues_from_the_first_byte_held_up_to_one_past_the_last(long next, bool continues)
    {
        PsyncDecision decision = Decide(A, next, new ReplicationState(A));
        Assert.Equal(continues, decision.Continues);
        Assert.Equal(continues ? FullResyncReason.None : FullResyncReason.NotInBacklog, decision.Reason);
        Assert.Equal(continues ? 201 - next : 0, decision.BacklogBytes);
        Assert.Equal(!continues, decision.CountsAsPartialError);
    }

    [Fact]
    public void Without_a_backlog_nothing_continues() =>
        Assert.Equal(FullResyncReason.NotInBacklog, PsyncDecision.Decide(Request(A, 150), new ReplicationState(A), null, true).Reason);

    [Fact]
    public void A_question_mark_asks_for_a_full_resync_and_is_no_error()
    {
        PsyncDecision decision = PsyncDecision.Decide(new PsyncRequest("?", new StreamPosition(-1), false), new ReplicationState(A), Backlog, true);
        Assert.Equal(FullResyncReason.Requested, decision.Reason);
        Assert.False(decision.CountsAsPartialError);
        Assert.Equal(["* Full resync requested by replica r:1"], LogOf(decision));
    }

    [Fact]
    public void An_unknown_id_forces_a_full_resync_and_the_log_names_all_three()
    {
        PsyncDecision decision = Decide(C, 150, Forked());
        Assert.Equal(FullResyncReason.UnknownId, decision.Reason);
        Assert.Equal([$"* Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '{C}', my replication IDs are '{B}' and '{A}')"], LogOf(decision));
    }

    [Fact]
    public void The_zero_id_never_matches_an_absent_second_id() =>
        Assert.Equal(FullResyncReason.UnknownId, Decide(ReplicationId.None, 150, new ReplicationState(A)).Reason);

    [Theory]
    [InlineData(150, FullResyncReason.None)]
    [InlineData(151, FullResyncReason.None)]
    [InlineData(152, FullResyncReason.PastTheFork)]
    public void Under_the_second_id_a_replica_continues_up_to_the_byte_after_the_fork(long next, FullResyncReason reason) =>
        Assert.Equal(reason, Decide(A, next, Forked()).Reason);

    [Fact]
    public void Past_the_fork_the_log_says_how_far_it_could_have_been()
    {
        Assert.Equal(
            ["* Partial resynchronization not accepted: Requested offset for second ID was 152, but I can reply up to 151"],
            LogOf(Decide(A, 152, Forked())));
    }

    [Fact]
    public void A_request_ahead_of_the_master_is_logged_as_such()
    {
        Assert.Equal(
            [
                "* Unable to partial resync with replica r:1 for lack of backlog (Replica request was: 300).",
                "# Warning: replica r:1 tried to PSYNC with an offset that is greater than the master replication offset.",
            ],
            LogOf(Decide(A, 300, new ReplicationState(A))));
    }

    [Fact]
    public void A_continued_replica_is_told_the_current_id_if_it_knows_psync2()
    {
        Assert.Equal($"+CONTINUE {B}\r\n", Continue(psync2: true));
        Assert.Equal("+CONTINUE\r\n", Continue(psync2: false));

        static string Continue(bool psync2)
        {
            byte[] line = new byte[64];
            int length = PsyncDecision.Decide(Request(A, 151), Forked(), Backlog, psync2).WriteContinue(line);
            return Encoding.ASCII.GetString(line, 0, length);
        }
    }

    [Fact]
    public void The_full_resync_line_carries_id_and_offset()
    {
        byte[] line = new byte[80];
        int length = PsyncDecision.WriteFullResync(line, A, new ReplicationOffset(long.MaxValue));
        Assert.Equal($"+FULLRESYNC {A} 9223372036854775807\r\n", Encoding.ASCII.GetString(line, 0, length));
    }

    [Fact]
    public void A_promotion_keeps_the_old_id_valid_up_to_the_next_byte()
    {
        var state = new ReplicationState(A);
        state.ShiftId(B, new ReplicationOffset(50));
        Assert.Equal((B, A, 51L), (state.Id, state.SecondId, state.SecondOffset.Value));

        state.ClearSecond();
        Assert.Equal((B, ReplicationId.None, -1L), (state.Id, state.SecondId, state.SecondOffset.Value));
    }

    [Fact]
    public void Continuing_under_another_id_makes_the_former_one_second_and_under_the_same_changes_nothing()
    {
        var state = new ReplicationState(A);
        Assert.False(state.ContinueUnder(A, new ReplicationOffset(50)));
        Assert.True(state.SecondId.IsNone);
        Assert.True(state.ContinueUnder(B, new ReplicationOffset(50)));
        Assert.Equal((B, A, 51L), (state.Id, state.SecondId, state.SecondOffset.Value));
    }

    [Fact]
    public void A_full_resync_adopts_the_masters_id_and_forgets_the_second()
    {
        ReplicationState state = Forked();
        state.AdoptMaster(C);
        Assert.Equal((C, ReplicationId.None, -1L), (state.Id, state.SecondId, state.SecondOffset.Value));
    }

    [Theory]
    [InlineData("x", false)]
    [InlineData("+1", false)]
    [InlineData("01", false)]
    [InlineData("", false)]
    [InlineData("-", false)]
    [InlineData("-1", true)]
    [InlineData("0", true)]
    [InlineData("9223372036854775807", true)]
    [InlineData("9223372036854775808", false)]
    public void The_position_of_a_psync_must_be_a_number(string position, bool valid) =>
        Assert.Equal(valid, PsyncRequest.TryRead("?"u8, Encoding.ASCII.GetBytes(position), default, out _));

    [Fact]
    public void The_word_failover_is_read_in_any_case()
    {
        Assert.True(PsyncRequest.TryRead("?"u8, "1"u8, "FailOver"u8, out PsyncRequest request));
        Assert.True(request.Failover);
        Assert.True(PsyncRequest.TryRead("?"u8, "1"u8, "other"u8, out request));
        Assert.False(request.Failover);
    }

    public static TheoryData<bool, PsyncCircumstances, bool, PsyncAdmissionKind, string> Admissions() => new()
    {
        { false, new(Role.Master, false, false, false, false), true, PsyncAdmissionKind.Admit, "" },
        { false, new(Role.Master, false, false, true, false), true, PsyncAdmissionKind.Ignore, "" },
        { false, new(Role.Replica, true, false, false, false), true, PsyncAdmissionKind.Admit, "" },
        { false, new(Role.Replica, false, false, false, false), true, PsyncAdmissionKind.Refuse, "NOMASTERLINK Can't SYNC while not connected with my master" },
        { false, new(Role.Master, false, true, false, false), true, PsyncAdmissionKind.Refuse, "NOMASTERLINK Can't SYNC while failing over" },
        { false, new(Role.Master, false, false, false, true), true, PsyncAdmissionKind.Refuse, "ERR SYNC and PSYNC are invalid with pending output" },
        { true, new(Role.Master, false, false, false, false), true, PsyncAdmissionKind.Refuse, "ERR PSYNC FAILOVER can't be sent to a master." },
        { true, new(Role.Replica, true, false, false, false), false, PsyncAdmissionKind.Refuse, "ERR PSYNC FAILOVER replid must match my replid." },
        { true, new(Role.Replica, true, false, false, false), true, PsyncAdmissionKind.PromoteThenAdmit, "" },
        { true, new(Role.Replica, false, false, false, false), true, PsyncAdmissionKind.PromoteThenAdmit, "" },
    };

    [Theory]
    [MemberData(nameof(Admissions))]
    public void A_psync_is_admitted_by_the_nodes_circumstances(
        bool failover, PsyncCircumstances now, bool ownId, PsyncAdmissionKind kind, string error)
    {
        PsyncAdmission admission = PsyncAdmission.Judge(Request(ownId ? A : C, 1) with { Failover = failover }, A, now);
        Assert.Equal((kind, error), (admission.Kind, admission.Error));
    }

    // B since byte 151, A before it.
    private static ReplicationState Forked()
    {
        var state = new ReplicationState(A);
        state.ShiftId(B, new ReplicationOffset(150));
        return state;
    }

    private static PsyncRequest Request(ReplicationId id, long next) => new(id.ToString(), new StreamPosition(next), false);

    private static PsyncDecision Decide(ReplicationId id, long next, ReplicationState state) =>
        PsyncDecision.Decide(Request(id, next), state, Backlog, psync2: true);

    private static List<string> LogOf(PsyncDecision decision)
    {
        var log = new RecordingLog();
        decision.Log(log, "r:1", Backlog.End);
        return log.Lines;
    }
}
