using System.Buffers.Text;
using Redoubt.Commands;
using Redoubt.Resp;

namespace Redoubt.Server.PubSub;

/// <summary>Keyspace events as messages: one channel per key (what happened to it), one per event (to which key).</summary>
internal sealed class KeyspaceNotifier(Subscriptions subscriptions, CommandSettings settings) : IKeyspaceEvents
{
    private readonly RespWriter _channel = new(256);

    public void Publish(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int database)
    {
        if ((settings.KeyspaceEvents & KeyspaceEvents.Keyspace) != 0)
            subscriptions.Publish(Channel("__keyspace@"u8, database, key), name);
        if ((settings.KeyspaceEvents & KeyspaceEvents.Keyevent) != 0)
            subscriptions.Publish(Channel("__keyevent@"u8, database, name), key);
    }

    private ReadOnlySpan<byte> Channel(ReadOnlySpan<byte> kind, int database, ReadOnlySpan<byte> last)
    {
        _channel.Clear();
        _channel.Raw(kind);
        Utf8Formatter.TryFormat(database, _channel.Reserve(12), out int digits);
        _channel.Advance(digits);
        _channel.Raw("__:"u8);
        _channel.Raw(last);
        return _channel.Written;
    }
}
