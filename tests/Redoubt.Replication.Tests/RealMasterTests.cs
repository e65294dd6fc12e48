using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

// The handshake, the mark scanner and the encoder against a real redis-server, over a socket file (no port to collide with).
public sealed class RealMasterTests
{
    private static readonly byte[] RdbMagic = "REDIS"u8.ToArray();

    private readonly RecordingLog _log = new();

    [Theory]
    [InlineData("yes")]
    [InlineData("no")]
    public void A_real_master_gives_a_full_resync_the_stream_and_after_a_cut_a_partial_resync(string diskless)
    {
        using var master = new RealRedis("--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0");
        master.Command("SET before 1");
        var own = new ReplicationStream(1 << 20);
        var encoder = new StreamEncoder(own);

        using var first = new Link(master, _log);
        Assert.Equal(HandshakeEvent.FullResync, first.Shake(null));
        ReplicationOffset offset = first.Handshake.MasterOffset!.Value;
        ReplicationId id = first.Handshake.MasterId;
        Assert.Equal(HandshakeEvent.PayloadBegins, first.Go());
        Assert.Equal(diskless == "yes", first.Handshake.Payload.EndsWithMark);
        byte[] snapshot = first.ReadPayload();
        Assert.True(snapshot.AsSpan().StartsWith(RdbMagic) && snapshot.Length > 100);
        first.Handshake.OnSnapshotLoaded(0);
        first.SendAck(offset);

        // What our encoder makes of the same writes is what the master sends.
        own.Create(offset);
        ReplicaCursor expected = own.CursorAtEnd();
        master.Command("SET k v");
        encoder.AppendRaw(0, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"u8);
        master.Command("MULTI", "INCR n", "INCR n", "EXEC");
        encoder.BeginUnit();
        encoder.AppendRaw(0, "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"u8);
        encoder.AppendRaw(0, "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"u8);
        encoder.EndUnit();
        first.ReadExactly(expected);

        // The link is cut; meanwhile the master writes on.
        first.Dispose();
        master.Command("SELECT 3", "SET far away");
        encoder.AppendRaw(3, "*3\r\n$3\r\nSET\r\n$3\r\nfar\r\n$4\r\naway\r\n"u8);
        using var second = new Link(master, _log);
        Assert.Equal(HandshakeEvent.Continued, second.Shake(new ResumePoint(id, expected.Position.OffsetBefore)));
        second.ReadExactly(expected);
        Assert.Contains($"master_repl_offset:{own.Offset}", master.Command("INFO replication"), StringComparison.Ordinal);

        // One byte beyond what the master has: it must refuse, and give everything again.
        using var third = new Link(master, _log);
        Assert.Equal(HandshakeEvent.FullResync, third.Shake(new ResumePoint(id, own.Offset + 1)));
    }

    [Fact]
    public void A_wrong_password_is_refused_and_the_right_one_let_in()
    {
        using var master = new RealRedis("--requirepass", "secret", "--repl-diskless-sync-delay", "0");
        using var wrong = new Link(master, _log, new HandshakeOptions(6379) { MasterAuth = "guess"u8.ToArray() });
        Assert.Equal(HandshakeEvent.Failed, wrong.Shake(null));
        Assert.Equal("# Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.", _log.Lines[^1]);
        using var right = new Link(master, _log, new HandshakeOptions(6379) { MasterAuth = "secret"u8.ToArray(), MasterUser = "default"u8.ToArray() });
        Assert.Equal(HandshakeEvent.FullResync, right.Shake(null));
    }

    private sealed class Link : IDisposable
    {
        private readonly Socket _socket;
        private readonly byte[] _buffer = new byte[4096];
        private byte[] _rest = [];

        internal Link(RealRedis master, RecordingLog log, HandshakeOptions? options = null)
        {
            Handshake = new ReplicaHandshake(options ?? new HandshakeOptions(6379), log);
            _socket = master.Connect();
        }

        internal ReplicaHandshake Handshake { get; }

        public void Dispose() => _socket.Dispose();

        internal HandshakeEvent Shake(ResumePoint? resume)
        {
            Handshake.OnConnecting(resume, failover: false, 0);
            Handshake.OnConnected(0);
            return Go();
        }

        internal HandshakeEvent Go()
        {
            while (true)
            {
                HandshakeEvent outcome = Handshake.Feed(_rest, 0, out int consumed);
                _rest = _rest[consumed..];
                if (!Handshake.Output.IsEmpty)
                    _socket.Send(Handshake.Output);
                Handshake.OutputSent();
                if (outcome != HandshakeEvent.Waiting)
                    return outcome;
                Receive();
            }
        }

        internal byte[] ReadPayload()
        {
            var payload = new List<byte>();
            PayloadAnnouncement announced = Handshake.Payload;
            if (!announced.EndsWithMark)
            {
                while (_rest.Length < announced.LengthBytes)
                    Receive();
                payload.AddRange(_rest.AsSpan(0, (int)announced.LengthBytes));
                _rest = _rest[(int)announced.LengthBytes..];
                return [.. payload];
            }

            var scanner = new EofMarkScanner(announced.EofMark.Span);
            while (true)
            {
                int consumed = scanner.Scan(_rest, out ReadOnlySpan<byte> earlier, out ReadOnlySpan<byte> direct);
                payload.AddRange(earlier);
                payload.AddRange(direct);
                _rest = _rest[consumed..];
                if (scanner.Finished)
                    return [.. payload];
                Receive();
            }
        }

        internal void SendAck(ReplicationOffset offset)
        {
            int length = ReplicaAck.Write(_buffer, offset);
            _socket.Send(_buffer.AsSpan(0, length));
        }

        internal void ReadExactly(ReplicaCursor expected)
        {
            while (expected.Next() is { IsEmpty: false } bytes)
            {
                // A replica acknowledges once a second, and it must: when the ACK of the snapshot reaches the master before it has
                // noticed that its child is done, only the next one starts the stream.
                while (_rest.Length < bytes.Length)
                {
                    if (_socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead))
                        Receive();
                    else
                        SendAck(expected.Position.OffsetBefore);
                }

                Assert.Equal(Encoding.ASCII.GetString(bytes), Encoding.ASCII.GetString(_rest, 0, bytes.Length));
                _rest = _rest[bytes.Length..];
                expected.Advance(bytes.Length);
            }
        }

        private void Receive()
        {
            int length = _socket.Receive(_buffer);
            Assert.True(length > 0, "the master closed the connection");
            _rest = [.. _rest, .. _buffer.AsSpan(0, length)];
        }
    }

    private sealed class RealRedis : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-repl-").FullName;
        private readonly Process _process;

        internal RealRedis(params string[] arguments)
        {
            string path = Path.Combine(_folder, "socket");
            var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true };
            // No heartbeat within the life of a test: the stream is exactly what the test writes.
            foreach (string argument in (string[])["--port", "0", "--unixsocket", path, "--dir", _folder, "--save", "", "--repl-ping-replica-period", "3600", .. arguments])
                start.ArgumentList.Add(argument);
            _process = Process.Start(start)!;
            while (_process.StandardOutput.ReadLine() is { } line && !line.Contains("ready to accept", StringComparison.OrdinalIgnoreCase))
            {
            }

            // What it logs from here on fits the pipe. Its timer sends the one heartbeat when it first fires, with which it also
            // measures its memory: after that the stream is quiet.
            if (!arguments.Contains("--requirepass"))
                Assert.True(SpinWait.SpinUntil(() => !Command("INFO memory").Contains("used_memory_rss:0\r", StringComparison.Ordinal), TimeSpan.FromSeconds(10)));
        }

        public void Dispose()
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
            // A snapshot's child process may outlive its parent by a moment and leave one more file.
            Assert.True(SpinWait.SpinUntil(TryDelete, TimeSpan.FromSeconds(10)), $"cannot delete {_folder}");
        }

        private bool TryDelete()
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }

        internal Socket Connect()
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(_folder, "socket")));
            return socket;
        }

        // Sends inline commands and QUIT, and returns all replies.
        internal string Command(params string[] lines)
        {
            using Socket socket = Connect();
            socket.Send(Encoding.ASCII.GetBytes(string.Join("\r\n", lines) + "\r\nQUIT\r\n"));
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
