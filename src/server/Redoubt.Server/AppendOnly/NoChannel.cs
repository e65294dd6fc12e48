using Redoubt.Native.Sockets;

namespace Redoubt.Server.AppendOnly;

/// <summary>The connection of a client that has none: nothing arrives, and what is sent goes nowhere.</summary>
internal sealed class NoChannel : SocketChannel
{
    public override int Descriptor => -1;

    public override string RemoteAddress => "?:0";

    public override string LocalAddress => "?:0";

    public override bool IsUnix => false;

    public override bool IsClosed => true;

    public override int Receive(Span<byte> target) => SocketResult.WouldBlock;

    public override int Send(ReadOnlySpan<byte> bytes) => bytes.Length;

    public override void Watch(bool reads, bool writes)
    {
    }

    public override string? FinishConnect() => null;

    public override void SetKeepAlive(int seconds)
    {
    }

    public override void SetNoDelay(bool on)
    {
    }

    public override void Close()
    {
    }
}
