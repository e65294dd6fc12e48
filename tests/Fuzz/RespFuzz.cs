using System.Text;
using Redoubt.Resp.Tests;

namespace Fuzz;

/// <summary>
/// Requests are foreign bytes: whatever arrives, in whatever pieces and with whatever interruptions, the parser finds the same
/// requests and the same error, and every argument lies inside its request.
/// </summary>
public class RespFuzz
{
    private static readonly byte[][] Words =
        [.. new[]
        {
            "*1\r\n", "*3\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$4\r\nPING\r\n", "*0\r\n", "*-1\r\n", "$0\r\n\r\n", "$10\r\n0123456789\r\n", "\r\n", "\r",
            "\n", "*", "$", "-1", "99999999999", "PING\r\n", "SET k \"a b\"\r\n", "\"", "'", "\\x41", "\\n", "\\", " ", "\t", "\v", "\0", "$-1\r\n", "*11\r\n",
            "$100\r\n", "ECHO 'it\\'s'\r\n",
        }.Select(Encoding.Latin1.GetBytes)];

    [Fact]
    public void Requests_are_the_same_however_they_arrive() => Campaign.Run(random =>
    {
        byte[] bytes = RandomBytes(random);
        bool isTrusted = random.Next(4) != 0;
        string whole = Outcome(bytes, isTrusted, bytes.Length, null, null);
        Assert.Equal(whole, Outcome(bytes, isTrusted, 1, null, null));
        Assert.Equal(whole, Outcome(bytes, isTrusted, 1 + random.Next(100), random, null));
        Assert.Equal(whole, Outcome(bytes, isTrusted, 1 + random.Next(100), random, new Random(random.Next())));
    });

    private static string Outcome(byte[] bytes, bool isTrusted, int pieceBytesMax, Random? pieces, Random? interruptions)
    {
        Conversation conversation = new(1 + (pieces?.Next(8) ?? 31), interruptions);
        conversation.Parser.IsTrusted = isTrusted;
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(pieces?.Next(1, pieceBytesMax + 1) ?? pieceBytesMax, bytes.Length - at);
            conversation.Receive(bytes.AsSpan(at, count));
            at += count;
        }
        return conversation.Outcome;
    }

    private static byte[] RandomBytes(Random random)
    {
        List<byte> bytes = [];
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            switch (random.Next(6))
            {
                case 0:
                    bytes.Add((byte)random.Next(256));
                    break;
                case 1 or 2:
                    byte[][] arguments = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => RandomWord(random))];
                    bytes.AddRange(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
                    foreach (byte[] argument in arguments)
                        bytes.AddRange([.. Encoding.ASCII.GetBytes($"${argument.Length}\r\n"), .. argument, 13, 10]);
                    break;
                default:
                    bytes.AddRange(Words[random.Next(Words.Length)]);
                    break;
            }
        }
        byte[] all = [.. bytes];
        for (int mutations = random.Next(3); mutations > 0; mutations--)
            all[random.Next(all.Length)] = (byte)random.Next(random.Next(2) == 0 ? 256 : 64);
        return all;
    }

    private static byte[] RandomWord(Random random)
    {
        byte[] word = new byte[random.Next(8) == 0 ? random.Next(300) : random.Next(15)];
        random.NextBytes(word);
        return word;
    }
}
