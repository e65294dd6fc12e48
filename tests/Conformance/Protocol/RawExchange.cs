using System.Text.RegularExpressions;
using Redoubt.Testing;

namespace Redoubt.Conformance.Protocol;

/// <summary>
/// Bytes in, bytes out. After the bytes of a case goes QUIT, which every state of a connection accepts; the answer is all that comes until
/// the server closes, so nothing waits for silence. It ends in QUIT's <c>+OK</c> if the case left the connection open (and replies on).
/// </summary>
internal static class RawExchange
{
    private static readonly byte[] Quit = Wire.Encode("QUIT");

    public static string Of(ServerProcess server, string bytes) => Of(server, [Wire.Bytes(bytes), Quit], paced: false);

    /// <summary>
    /// The same for bytes that arrive in pieces. Between two pieces another connection gets a PING answered: the server has then been
    /// through its loop and has seen the piece by itself.
    /// </summary>
    public static string Of(ServerProcess server, IEnumerable<byte[]> pieces) => Of(server, [.. pieces, Quit], paced: true);

    /// <summary>The answer to bytes after which the server is to close by itself, though the request has no end.</summary>
    public static string UntilClosed(ServerProcess server, string bytes) => Of(server, [Wire.Bytes(bytes)], paced: false);

    /// <summary>HELLO tells the connection's id and the server's version, which are each server's own.</summary>
    public static string Anonymous(string answer) => Regex.Replace(
        Regex.Replace(answer, @"(id\\r\\n:)\d+", "$1#"), @"(version\\r\\n)\$\d+\\r\\n[^\\]*", "$1#");

    private static string Of(ServerProcess server, byte[][] pieces, bool paced)
    {
        using RespConnection connection = RespConnection.Connect(server.Port, timeoutMs: 8_000);
        using RespConnection? pacer = paced ? server.Connect() : null;
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i > 0)
            {
                pacer?.Call("PING").OrThrow();
            }

            try
            {
                connection.SendRaw(pieces[i]);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Closed already; what it said before is still to be read.
                break;
            }
        }

        try
        {
            return Wire.Show(connection.ReadUntilClosed(), 3_000);
        }
        catch (TimeoutException)
        {
            return "(neither answered to the end nor closed)";
        }
    }
}
