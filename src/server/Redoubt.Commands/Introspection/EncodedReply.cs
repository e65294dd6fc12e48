// Replies that the build encoded as RESP3, written in the protocol the client speaks.

using System.Buffers.Text;
using Redoubt.Resp;

namespace Redoubt.Commands.Introspection;

internal static class EncodedReply
{
    /// <summary>Copies whole RESP3 elements (arrays, maps, sets, bulk and simple strings, integers).</summary>
    public static void Write(RespWriter reply, ReadOnlySpan<byte> resp3)
    {
        if (reply.Protocol == 3)
        {
            reply.Raw(resp3);
            return;
        }

        // RESP2 has neither maps nor sets: the headers of both become headers of arrays, all else stays as it is. Bulk
        // strings are stepped over by their length, since a line in them may look like a header.
        int copied = 0;
        int at = 0;
        while (at < resp3.Length)
        {
            int lineEnd = at + resp3[at..].IndexOf((byte)'\n') + 1;
            byte kind = resp3[at];
            if (kind is (byte)'%' or (byte)'~')
            {
                reply.Raw(resp3[copied..at]);
                int count = Length(resp3[(at + 1)..]);
                if (kind == '%')
                    reply.Map(count);
                else
                    reply.Set(count);
                copied = lineEnd;
            }
            at = kind == '$' ? lineEnd + Length(resp3[(at + 1)..]) + 2 : lineEnd;
        }
        reply.Raw(resp3[copied..]);
    }

    private static int Length(ReadOnlySpan<byte> digits) => Utf8Parser.TryParse(digits, out int value, out _)
        ? value
        : throw new FormatException("an encoded reply holds a header without a number");
}
