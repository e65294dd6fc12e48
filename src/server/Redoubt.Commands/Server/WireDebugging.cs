// DEBUG's examples of replies, for the authors of clients.

namespace Redoubt.Commands;

internal static class WireDebugging
{
    private const int MatchedTexts = 100_000;

    public static bool TryRun(CommandContext c)
    {
        if (c.Count == 3 && c.Is(1, "PROTOCOL"u8))
            ReplyExample(c);
        else if (c.Count == 3 && c.Is(1, "ERROR"u8))
            ReplyError(c);
        else if (c.Count == 2 && c.Is(1, "STRINGMATCH-TEST"u8))
            MatchAtRandom(c);
        else
            return false;
        return true;
    }

    private static void ReplyExample(CommandContext c)
    {
        if (c.Is(2, "string"u8))
            c.Reply.Bulk("Hello World"u8);
        else if (c.Is(2, "integer"u8))
            c.Reply.Integer(12345);
        else if (c.Is(2, "double"u8))
            c.Reply.Double(3.141);
        else if (c.Is(2, "bignum"u8))
            c.Reply.BigNumber("1234567999999999999999999999999999999"u8);
        else if (c.Is(2, "null"u8))
            c.Reply.Null();
        else if (c.Is(2, "true"u8) || c.Is(2, "false"u8))
            c.Reply.Boolean(c.Is(2, "true"u8));
        else if (c.Is(2, "verbatim"u8))
            c.Reply.Verbatim("txt"u8, "This is a verbatim\nstring"u8);
        else
            ReplyExampleOfMany(c);
    }

    private static void ReplyExampleOfMany(CommandContext c)
    {
        if (c.Is(2, "array"u8) || c.Is(2, "set"u8))
        {
            if (c.Is(2, "array"u8))
                c.Reply.Array(3);
            else
                c.Reply.Set(3);
            for (int i = 0; i < 3; i++)
                c.Reply.Integer(i);
        }
        else if (c.Is(2, "map"u8))
        {
            c.Reply.Map(3);
            for (int i = 0; i < 3; i++)
            {
                c.Reply.Integer(i);
                c.Reply.Boolean(i == 1);
            }
        }
        else if (c.Is(2, "attrib"u8))
        {
            ReplyAttribute(c);
        }
        else if (c.Is(2, "push"u8))
        {
            ReplyPush(c);
        }
        else
        {
            c.Error(Errors.ProtocolExample);
        }
    }

    /// <summary>What RESP3 alone can say is followed by a reply that everybody understands.</summary>
    private static void ReplyAttribute(CommandContext c)
    {
        if (c.Reply.Protocol == 3)
        {
            c.Reply.Raw("|1\r\n"u8);
            c.Reply.Bulk("key-popularity"u8);
            c.Reply.Array(2);
            c.Reply.Bulk("key:123"u8);
            c.Reply.Integer(90);
        }
        c.Reply.Bulk("Some real reply following the attribute"u8);
    }

    private static void ReplyPush(CommandContext c)
    {
        if (c.Reply.Protocol != 3)
        {
            c.Error(Errors.NeedsResp3);
            return;
        }
        c.Reply.Push(2);
        c.Reply.Bulk("server-cpu-usage"u8);
        c.Reply.Integer(42);
        c.Reply.Bulk("Some real reply following the push reply"u8);
    }

    /// <summary>An error of the client's own making is not counted as one.</summary>
    private static void ReplyError(CommandContext c)
    {
        byte[] text = c[2].ToArray();
        text.AsSpan().Replace((byte)'\r', (byte)' ');
        text.AsSpan().Replace((byte)'\n', (byte)' ');
        c.Reply.Error(text);
    }

    private static void MatchAtRandom(CommandContext c)
    {
        Span<byte> text = stackalloc byte[32];
        Span<byte> pattern = stackalloc byte[32];
        for (int i = 0; i < MatchedTexts; i++)
        {
            Random.Shared.NextBytes(text);
            Random.Shared.GetItems("*?[]^-\\ab\0\xff"u8, pattern);
            _ = GlobPattern.Matches(pattern[..Random.Shared.Next(pattern.Length)], text[..Random.Shared.Next(text.Length)]);
        }
        c.Reply.SimpleString("Apparently Redis did not crash: test passed"u8);
    }
}
