using System.Text;

namespace Redoubt.Testing;

/// <summary>A server asked in text, for tests that look at words rather than at the wire.</summary>
public static class Asking
{
    /// <summary>Sends one command over a connection of its own and returns its reply: a simple, error or number reply with its mark, a bulk string without
    /// it, <c>$-1</c> for null.</summary>
    public static string Ask(this ServerProcess server, params string[] command)
    {
        using RespConnection connection = server.Connect();
        RespValue reply = connection.Call(command);
        return reply.Type == RespType.BulkString ? reply.Text : Encoding.Latin1.GetString(reply.Raw).TrimEnd('\r', '\n');
    }

    /// <summary>Asks until the answer satisfies; fails with the last answer.</summary>
    public static string AskUntil(this ServerProcess server, Func<string, bool> satisfied, params string[] command)
    {
        string answer = "";
        Wait.Until(() => satisfied(answer = server.Ask(command)), $"{string.Join(' ', command)} on port {server.Port}", seen: () => answer);
        return answer;
    }
}
