using System.Net.Sockets;
using Redoubt.Commands;

namespace Redoubt.Server.Migration;

/// <summary>One connection to a target of MIGRATE. Each step of its use may take as long as the command allows.</summary>
/// <param name="socket">Null = the target refused.</param>
internal sealed class MigrationLink(Socket? socket, Action closed) : IMigrationLink
{
    /// <summary>No more than this is handed to the system at once: the time-out is for each such piece.</summary>
    private const int PieceBytes = 64 * 1024;

    /// <summary>What a line is cut off at; answers are shorter.</summary>
    private const int LineBytesMax = 1024;

    private readonly byte[] _input = new byte[LineBytesMax];
    private int _taken;
    private int _filled;

    public long Database { get; set; } = -1;

    public bool IsTimedOut { get; private set; }

    public long UsedAtMs { get; set; }

    public static int Milliseconds(long timeoutMs) => (int)Math.Min(timeoutMs, int.MaxValue);

    public bool TrySend(ReadOnlySpan<byte> bytes, long timeoutMs)
    {
        IsTimedOut = false;
        if (socket is null)
            return false;
        try
        {
            socket.SendTimeout = Milliseconds(timeoutMs);
            while (!bytes.IsEmpty)
                bytes = bytes[socket.Send(bytes[..Math.Min(bytes.Length, PieceBytes)])..];
            return true;
        }
        catch (SocketException e)
        {
            IsTimedOut = e.SocketErrorCode == SocketError.TimedOut;
            return false;
        }
    }

    public bool TryReadLine(long timeoutMs, out ReadOnlySpan<byte> line)
    {
        IsTimedOut = false;
        line = default;
        long deadline = Environment.TickCount64 + timeoutMs;
        int searched = 0;
        while (true)
        {
            int end = _input.AsSpan(_taken + searched, _filled - _taken - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                line = _input.AsSpan(_taken, searched + end);
                _taken += line.Length + 1;
                if (line.EndsWith("\r"u8))
                    line = line[..^1];
                return true;
            }
            searched = _filled - _taken;
            if (!TryFill(deadline - Environment.TickCount64))
                return false;
        }
    }

    public void Close()
    {
        socket?.Dispose();
        closed();
    }

    /// <summary>Reads some more behind what was not taken yet; false when there is no more, no room or no time.</summary>
    private bool TryFill(long leftMs)
    {
        _input.AsSpan(_taken, _filled - _taken).CopyTo(_input);
        _filled -= _taken;
        _taken = 0;
        if (socket is null || _filled == _input.Length)
            return false;
        if (leftMs <= 0)
        {
            IsTimedOut = true;
            return false;
        }
        try
        {
            socket.ReceiveTimeout = Milliseconds(leftMs);
            int received = socket.Receive(_input.AsSpan(_filled));
            _filled += received;
            return received > 0;
        }
        catch (SocketException e)
        {
            IsTimedOut = e.SocketErrorCode == SocketError.TimedOut;
            return false;
        }
    }
}
