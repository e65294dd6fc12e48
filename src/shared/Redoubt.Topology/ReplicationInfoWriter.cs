using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Redoubt.Topology;

// Order and spelling are the interface here: redis-sentinel, exporters and client libraries read these lines, some of
// them by position. The order is the one redis-server 7.0 was seen to print, and a test compares byte by byte with it.

/// <summary>Writes INFO's replication section as Redis 7.0 does.</summary>
public static class ReplicationInfoWriter
{
    /// <summary>Writes the section with its heading; every line ends in <c>\r\n</c>.</summary>
    public static void Write(ReplicationInfo info, IBufferWriter<byte> output)
    {
        output.Write("# Replication\r\n"u8);
        Text(output, "role:"u8, info.Role.ToWire());
        if (info.Master is { } master)
            WriteMaster(master, output);
        Number(output, "connected_slaves:"u8, info.ConnectedReplicas);
        if (info.GoodReplicas is { } good)
            Number(output, "min_slaves_good_slaves:"u8, good);
        for (int i = 0; i < info.Replicas.Count; i++)
            WriteReplica(i, info.Replicas[i], output);
        Text(output, "master_failover_state:"u8, info.FailoverState.ToWire());
        Id(output, "master_replid:"u8, info.ReplicationId);
        Id(output, "master_replid2:"u8, info.SecondReplicationId);
        Number(output, "master_repl_offset:"u8, info.Offset.Value);
        Number(output, "second_repl_offset:"u8, info.SecondOffset.Value);
        Number(output, "repl_backlog_active:"u8, info.BacklogActive ? 1 : 0);
        Number(output, "repl_backlog_size:"u8, info.BacklogSizeBytes);
        Number(output, "repl_backlog_first_byte_offset:"u8, info.Backlog.FirstByte.Value);
        Number(output, "repl_backlog_histlen:"u8, info.Backlog.LengthBytes);
    }

    private static void WriteMaster(MasterLink master, IBufferWriter<byte> output)
    {
        output.Write("master_host:"u8);
        WriteUtf8(output, master.Address.Host);
        output.Write("\r\n"u8);
        Number(output, "master_port:"u8, master.Address.Port);
        Text(output, "master_link_status:"u8, master.IsUp ? "up"u8 : "down"u8);
        Number(output, "master_last_io_seconds_ago:"u8, master.LastIoSecondsAgo);
        Number(output, "master_sync_in_progress:"u8, master.Sync is null ? 0 : 1);
        Number(output, "slave_read_repl_offset:"u8, (master.ReadOffset ?? master.AppliedOffset).Value);
        Number(output, "slave_repl_offset:"u8, master.AppliedOffset.Value);
        if (master.Sync is { } sync)
        {
            Number(output, "master_sync_total_bytes:"u8, sync.TotalBytes);
            Number(output, "master_sync_read_bytes:"u8, sync.ReadBytes);
            Number(output, "master_sync_left_bytes:"u8, sync.TotalBytes - sync.ReadBytes);
            // Redis divides by a total of -1 as well while the size is unknown, and readers have come to see "-0.00".
            Percent(output, "master_sync_perc:"u8, sync.TotalBytes == 0 ? 0 : sync.ReadBytes / (double)sync.TotalBytes * 100);
            Number(output, "master_sync_last_io_seconds_ago:"u8, sync.LastIoSecondsAgo);
        }

        if (master.DownSinceSeconds is { } down)
            Number(output, "master_link_down_since_seconds:"u8, down);
        Number(output, "slave_priority:"u8, master.Priority);
        Number(output, "slave_read_only:"u8, master.ReadOnly ? 1 : 0);
        Number(output, "replica_announced:"u8, master.Announced ? 1 : 0);
    }

    private static void WriteReplica(int index, ConnectedReplica replica, IBufferWriter<byte> output)
    {
        Digits(output, "slave"u8, index);
        output.Write(":ip="u8);
        WriteUtf8(output, replica.Address.Host);
        Digits(output, ",port="u8, replica.Address.Port);
        output.Write(",state="u8);
        output.Write(replica.State.ToWire());
        Digits(output, ",offset="u8, replica.Offset.Value);
        Number(output, ",lag="u8, replica.LagSeconds);
    }

    private static void Text(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        output.Write(name);
        output.Write(value);
        output.Write("\r\n"u8);
    }

    private static void Id(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReplicationId id)
    {
        output.Write(name);
        id.TryFormat(output.GetSpan(ReplicationId.TextLength));
        output.Advance(ReplicationId.TextLength);
        output.Write("\r\n"u8);
    }

    private static void Number(IBufferWriter<byte> output, ReadOnlySpan<byte> name, long value)
    {
        Digits(output, name, value);
        output.Write("\r\n"u8);
    }

    private static void Percent(IBufferWriter<byte> output, ReadOnlySpan<byte> name, double value)
    {
        output.Write(name);
        Utf8Formatter.TryFormat(value, output.GetSpan(32), out int written, new StandardFormat('F', 2));
        output.Advance(written);
        output.Write("\r\n"u8);
    }

    private static void Digits(IBufferWriter<byte> output, ReadOnlySpan<byte> name, long value)
    {
        output.Write(name);
        Utf8Formatter.TryFormat(value, output.GetSpan(20), out int written);
        output.Advance(written);
    }

    private static void WriteUtf8(IBufferWriter<byte> output, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        output.Advance(length);
    }
}
