using System.Buffers;
using System.Text;

namespace Redoubt.Topology.Tests;

public class ReplicationInfoTests
{
    private const string Head = "# Replication\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n";

    [Fact]
    public void A_master_with_two_replicas_is_read()
    {
        ReplicationInfo info = Read("""
            # Replication
            role:master
            connected_slaves:2
            min_slaves_good_slaves:1
            slave0:ip=10.0.0.2,port=6379,state=online,offset=812,lag=1
            slave1:ip=2001:db8::1,port=6380,state=send_bulk,offset=0,lag=0
            master_failover_state:waiting-for-sync
            master_replid:2075abfe58dc050f01fc00fdbd8997f2c111ebda
            master_replid2:0000000000000000000000000000000000000000
            master_repl_offset:850
            second_repl_offset:-1
            repl_backlog_active:1
            repl_backlog_size:1048576
            repl_backlog_first_byte_offset:1
            repl_backlog_histlen:850
            """);
        Assert.Equal(Role.Master, info.Role);
        Assert.Null(info.Master);
        Assert.Equal(1, info.GoodReplicas);
        Assert.Equal(
            [
                new ConnectedReplica(NodeAddress.Parse("10.0.0.2:6379"), ReplicaState.Online, new ReplicationOffset(812), 1),
                new ConnectedReplica(NodeAddress.Parse("[2001:db8::1]:6380"), ReplicaState.SendBulk, ReplicationOffset.Zero, 0),
            ],
            info.Replicas);
        Assert.Equal(FailoverState.WaitingForSync, info.FailoverState);
        Assert.True(info.SecondOffset.IsNone);
        Assert.Equal(info.Offset, info.Backlog.End);
    }

    [Fact]
    public void A_running_sync_is_read_and_written_with_its_progress()
    {
        ReplicationInfo info = Read(Head + "master_sync_in_progress:1\nmaster_sync_total_bytes:2000\nmaster_sync_read_bytes:500\nmaster_sync_last_io_seconds_ago:3\n");
        Assert.Equal(new SyncProgress(2000, 500, 3), info.Master!.Sync);
        Assert.Contains(
            "master_sync_in_progress:1\r\nslave_read_repl_offset:0\r\nslave_repl_offset:0\r\nmaster_sync_total_bytes:2000\r\nmaster_sync_read_bytes:500\r\n"
            + "master_sync_left_bytes:1500\r\nmaster_sync_perc:25.00\r\nmaster_sync_last_io_seconds_ago:3\r\nslave_priority:100\r\n",
            Write(info));
    }

    [Fact]
    public void An_older_server_that_lacks_most_fields_is_still_understood()
    {
        ReplicationInfo info = Read(Head + "master_link_status:down\r\nmaster_sync_in_progress:1\r\nmaster_sync_left_bytes:70\r\nslave_repl_offset:12\r\n");
        Assert.Equal(new ReplicationOffset(12), info.Master!.AppliedOffset);
        Assert.Null(info.Master.ReadOffset);
        Assert.Equal(70, info.Master.Sync!.TotalBytes);
        Assert.False(info.Master.IsUp);
        Assert.True(info.ReplicationId.IsNone);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# Server\r\nredis_version:7.0.15\r\n")]
    [InlineData("role:king\r\n")]
    [InlineData("role:slave\r\n")]
    [InlineData("role:slave\r\nmaster_host:x\r\nmaster_port:99999\r\n")]
    public void Without_a_role_or_a_replicas_master_there_is_nothing_to_report(string text) =>
        Assert.False(ReplicationInfo.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Damaged_lines_do_not_disturb_the_others()
    {
        ReplicationInfo info = Read("role:master\r\nslave0:nonsense\r\nslave1:ip=,port=x\r\nslave2:ip=10.0.0.9,port=7,state=new_state,extra=1\r\nmaster_repl_offset:many\r\nmaster_replid:short\r\n:\r\n");
        ConnectedReplica only = Assert.Single(info.Replicas);
        Assert.Equal(ReplicaState.Unknown, only.State);
        Assert.Equal(ReplicationOffset.Zero, info.Offset);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var info = new ReplicationInfo
        {
            Role = Role.Replica,
            Master = new MasterLink
            {
                Address = new NodeAddress("redis-a", 6379),
                IsUp = false,
                ReadOffset = new ReplicationOffset(9),
                AppliedOffset = new ReplicationOffset(7),
                DownSinceSeconds = 4,
                Priority = 0,
                ReadOnly = false,
                Announced = false,
            },
            ReplicationId = ReplicationId.Random(new Random(1).NextBytes),
            SecondReplicationId = ReplicationId.Random(new Random(2).NextBytes),
            Offset = new ReplicationOffset(7),
            SecondOffset = new StreamPosition(3),
            BacklogActive = true,
            BacklogSizeBytes = 100,
            Backlog = BacklogWindow.EndingAt(new ReplicationOffset(7), 5),
        };
        Assert.Equal(info, Read(Write(info)) with { Replicas = info.Replicas });
    }

    internal static ReplicationInfo Read(string text)
    {
        Assert.True(ReplicationInfo.TryParse(Encoding.UTF8.GetBytes(text), out ReplicationInfo info));
        return info;
    }

    internal static string Write(ReplicationInfo info)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ReplicationInfoWriter.Write(info, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
