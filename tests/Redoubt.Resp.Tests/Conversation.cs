using System.Text;

namespace Redoubt.Resp.Tests;

/// <summary>
/// A connection as the server runs it: bytes arrive in pieces, complete requests are executed, the rest is kept. Now and then
/// execution stops before a request or after one, and the rest of the bytes is shown again later.
/// </summary>
internal sealed class Conversation(int batchCapacity = 32, Random? interruptions = null)
{
    private readonly RequestBatch _batch = new(batchCapacity);
    private byte[] _rest = [];

    public RequestParser Parser { get; } = new();

    /// <summary>Every request as "arguments in brackets", with the length of its raw bytes and "!" when it is not canonical.</summary>
    public List<string> Requests { get; } = [];

    public string? Error { get; private set; }

    public int Kept => _rest.Length;

    /// <summary>All that was understood, as one text.</summary>
    public string Outcome => string.Join("\n", Requests) + (Error is null ? "" : "\n" + Error);

    public static Conversation Of(string text, params int[] cuts) => Of(Encoding.Latin1.GetBytes(text), cuts);

    public static Conversation Of(byte[] bytes, params int[] cuts)
    {
        Conversation conversation = new();
        int at = 0;
        foreach (int cut in cuts)
        {
            conversation.Receive(bytes.AsSpan(at..cut));
            at = cut;
        }
        conversation.Receive(bytes.AsSpan(at));
        return conversation;
    }

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (Error is not null)
            return;
        _rest = [.. _rest, .. bytes];
        while (Error is null)
        {
            int done = Execute(_rest, out bool wasInterrupted);
            _rest = _rest[done..];
            if (!wasInterrupted)
                break;
        }
    }

    private int Execute(byte[] buffer, out bool wasInterrupted)
    {
        wasInterrupted = true;
        int position = 0;
        while (true)
        {
            _batch.Clear();
            int before = position;
            ParseStatus status = Parser.Parse(buffer, ref position, _batch);
            Assert.InRange(position, before, buffer.Length);
            int end = before;
            for (int i = 0; i < _batch.Count; i++)
            {
                Request request = _batch[i];
                Assert.InRange(request.RawStart, end, buffer.Length);
                end = request.RawStart + request.RawLength;
                Assert.InRange(end, request.RawStart + 1, position);
                if (interruptions?.Next(6) == 0)
                {
                    Parser.Restart(buffer);
                    return request.RawStart;
                }
                Requests.Add(Describe(buffer, request, _batch.ArgumentsOf(i)));
                if (interruptions?.Next(6) == 0)
                {
                    Parser.Restart(buffer);
                    return end;
                }
            }
            if (status == ParseStatus.ProtocolError)
            {
                Error = Parser.Error;
                Assert.NotNull(Error);
                return buffer.Length;
            }
            if (status == ParseStatus.NeedMore)
            {
                wasInterrupted = false;
                return position;
            }
            Assert.True(position > before, "a full batch means progress");
        }
    }

    private static string Describe(byte[] buffer, Request request, ReadOnlySpan<ArgumentRange> arguments)
    {
        StringBuilder text = new();
        foreach (ArgumentRange range in arguments)
        {
            Assert.InRange(range.Start, request.RawStart, request.RawStart + request.RawLength);
            Assert.InRange(range.Start + range.Length, range.Start, request.RawStart + request.RawLength);
            text.Append('[').Append(Encoding.Latin1.GetString(buffer, range.Start, range.Length)).Append(']');
        }
        return $"{text} {request.RawLength}{(request.IsCanonical ? "" : "!")}";
    }
}
