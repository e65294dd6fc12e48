// Requests that have arrived together, parsed but not executed.
//
// Why ahead of execution: with several requests in hand the server can ask the memory for the keys of all of them before
// it needs the first one, so that a dataset larger than the cache costs one wait instead of one per request.
//
// Layout: arguments are ranges of the connection's query buffer, all in one array; a request is a slice of that array.
// Nothing is copied. The batch is valid until the buffer moves.

namespace Redoubt.Resp;

/// <summary>Where an argument stands in the query buffer.</summary>
public readonly record struct ArgumentRange(int Start, int Length);

/// <summary>One request: its arguments, and the raw bytes it was read from.</summary>
public readonly record struct Request(int FirstArgument, int ArgumentCount, int RawStart, int RawLength, bool IsCanonical);

public sealed class RequestBatch
{
    private ArgumentRange[] _arguments = new ArgumentRange[64];
    private readonly Request[] _requests;

    public RequestBatch(int capacity) => _requests = new Request[capacity];

    public int Count { get; private set; }

    public int ArgumentCount { get; private set; }

    public bool IsFull => Count == _requests.Length;

    public ReadOnlySpan<ArgumentRange> Arguments => _arguments.AsSpan(0, ArgumentCount);

    public ref readonly Request this[int index] => ref _requests[index];

    /// <summary>The array behind <see cref="Arguments"/>, for a reader that keeps no span.</summary>
    public ArgumentRange[] ArgumentArray => _arguments;

    public ReadOnlySpan<ArgumentRange> ArgumentsOf(int index) =>
        _arguments.AsSpan(_requests[index].FirstArgument, _requests[index].ArgumentCount);

    public void Clear()
    {
        Count = 0;
        ArgumentCount = 0;
        if (_arguments.Length > 64 * 1024)
            _arguments = new ArgumentRange[64];
    }

    internal void AddArgument(int start, int length)
    {
        if (ArgumentCount == _arguments.Length)
            System.Array.Resize(ref _arguments, _arguments.Length * 2);
        _arguments[ArgumentCount++] = new ArgumentRange(start, length);
    }

    internal void AddRequest(int firstArgument, int rawStart, int rawLength, bool isCanonical) =>
        _requests[Count++] = new Request(firstArgument, ArgumentCount - firstArgument, rawStart, rawLength, isCanonical);

    /// <summary>Takes back the arguments of a request that is not complete.</summary>
    internal void DropArguments(int first) => ArgumentCount = first;
}
