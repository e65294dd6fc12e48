// Registers run by run, for a HyperLogLog with few elements: nearly all of its registers are zero.
//
//   00nnnnnn            n+1 registers that are zero            ZERO
//   01nnnnnn nnnnnnnn   n+1 registers that are zero            XZERO
//   1vvvvvnn            n+1 registers of value v+1, to 32      VAL
//
// Raising a register splits the run it is in into up to three; then neighbours of the same value are joined where Redis joins
// them, so that both come to the same bytes. What does not fit, a value above 32 or more bytes than allowed, becomes dense.

namespace Redoubt.Commands;

internal enum SparseOutcome
{
    /// <summary>The register is as high already.</summary>
    Unchanged,
    Raised,

    /// <summary>Only the dense form can hold that.</summary>
    TooSmall,

    /// <summary>The runs do not add up to all registers.</summary>
    Corrupt,
}

/// <summary>
/// The string, header included, in memory that has room for a few bytes more. Of a run that is cut off at the end, the byte that is missing stands behind
/// the end, as in Redis: a zero first, then what was written there when the run was split.
/// </summary>
internal ref struct SparseRegisters(Span<byte> buffer, int length, long bytesMax)
{
    private const int ValueMax = 32;
    private const int ValueRunMax = 4;
    private const int ZeroRunMax = 64;

    /// <summary>Runs that are looked at after a change.</summary>
    private const int JoinedRuns = 5;

    private readonly Span<byte> _buffer = buffer;

    public int Length { get; private set; } = length;

    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    /// <summary>With the byte behind the end.</summary>
    public readonly ReadOnlySpan<byte> WithByteBehind => _buffer[..(Length + 1)];

    public SparseOutcome Raise(int index, int value)
    {
        if (value > ValueMax)
            return SparseOutcome.TooSmall;
        int before = -1;
        int at = HllLayout.HeaderBytes;
        int first = 0;
        while (at < Length && index >= first + RunLength(_buffer, at, Length + 1))
        {
            first += RunLength(_buffer, at, Length + 1);
            before = at;
            at += RunBytes(_buffer[at]);
        }
        if (at >= Length)
            return SparseOutcome.Corrupt;
        int run = RunLength(_buffer, at, Length + 1);
        int present = Value(_buffer[at]);
        if (present >= value)
            return SparseOutcome.Unchanged;
        Span<byte> runs = stackalloc byte[5];
        int count = PutRun(runs, 0, present, index - first);
        count = PutRun(runs, count, value, 1);
        count = PutRun(runs, count, present, first + run - 1 - index);
        int replaced = RunBytes(_buffer[at]);
        int grown = Length + count - replaced;
        if (count > replaced && (grown > bytesMax || grown >= _buffer.Length))
            return SparseOutcome.TooSmall;
        if (at + replaced < Length)
            _buffer[(at + replaced)..Length].CopyTo(_buffer[(at + count)..]);
        _buffer[grown] = 0;
        runs[..count].CopyTo(_buffer[at..]);
        Length = grown;
        JoinFrom(before < 0 ? HllLayout.HeaderBytes : before);
        ForgetEstimate();
        return SparseOutcome.Raised;
    }

    public readonly void ForgetEstimate() => HllLayout.ForgetEstimate(_buffer);

    private void JoinFrom(int at)
    {
        for (int looked = 0; looked < JoinedRuns && at < Length; looked++)
        {
            byte here = _buffer[at];
            if (Value(here) > 0 && at + 1 < Length && Value(_buffer[at + 1]) == Value(here))
            {
                int joined = ValueRun(here) + ValueRun(_buffer[at + 1]);
                if (joined <= ValueRunMax)
                {
                    _buffer[(at + 1)..Length].CopyTo(_buffer[at..]);
                    PutRun(_buffer, at, Value(here), joined);
                    _buffer[--Length] = 0;
                    // The run that came of it may join the next one too.
                    continue;
                }
            }
            at += RunBytes(here);
        }
    }

    /// <summary>Hands out every run with its first register; false when they do not add up, or one goes beyond the last.</summary>
    public static bool TryVisit<TVisitor>(ReadOnlySpan<byte> bytes, ref TVisitor visitor)
        where TVisitor : struct, IRunVisitor, allows ref struct => TryVisit(bytes, bytes.Length, ref visitor);

    /// <summary>The same for runs behind which there may be a byte that belongs to the last of them.</summary>
    public static bool TryVisit<TVisitor>(ReadOnlySpan<byte> bytes, int length, ref TVisitor visitor)
        where TVisitor : struct, IRunVisitor, allows ref struct
    {
        int first = 0;
        for (int at = HllLayout.HeaderBytes; at < length; at += RunBytes(bytes[at]))
        {
            int run = RunLength(bytes, at, bytes.Length);
            if (first + run > HllLayout.RegisterCount)
                return false;
            visitor.Visit(first, run, Value(bytes[at]));
            first += run;
        }
        return first == HllLayout.RegisterCount;
    }

    /// <summary>The runs in words, whatever they add up to: "z" for zeros in the short form, "Z" in the long one, "v:value,run" for others.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes)
    {
        List<string> runs = [];
        for (int at = HllLayout.HeaderBytes; at < bytes.Length; at += RunBytes(bytes[at]))
        {
            int run = RunLength(bytes, at, bytes.Length);
            int value = Value(bytes[at]);
            runs.Add(value > 0 ? $"v:{value},{run}" : $"{(RunBytes(bytes[at]) == 1 ? 'z' : 'Z')}:{run}");
        }
        return string.Join(' ', runs);
    }

    /// <summary>Writes a HyperLogLog without elements; returns its length.</summary>
    public static int WriteEmpty(Span<byte> bytes)
    {
        HllLayout.WriteHeader(bytes, HllLayout.Sparse);
        return PutRun(bytes, HllLayout.HeaderBytes, 0, HllLayout.RegisterCount);
    }

    /// <summary>The value of a run's registers.</summary>
    private static int Value(byte run) => (run & 0x80) == 0 ? 0 : (run >> 2 & 0x1F) + 1;

    private static int ValueRun(byte run) => (run & 3) + 1;

    private static int RunBytes(byte run) => (run & 0xC0) == 0x40 ? 2 : 1;

    private static int RunLength(ReadOnlySpan<byte> bytes, int at, int length)
    {
        byte run = bytes[at];
        if ((run & 0x80) != 0)
            return ValueRun(run);
        if ((run & 0x40) == 0)
            return (run & 0x3F) + 1;
        return ((run & 0x3F) << 8 | (at + 1 < length ? bytes[at + 1] : 0)) + 1;
    }

    /// <summary>Writes a run, in the shorter form if it fits, or nothing for none; returns where the next one goes.</summary>
    private static int PutRun(Span<byte> bytes, int at, int value, int run)
    {
        if (run == 0)
            return at;
        if (value > 0)
        {
            bytes[at] = (byte)(0x80 | (value - 1) << 2 | (run - 1));
            return at + 1;
        }
        if (run <= ZeroRunMax)
        {
            bytes[at] = (byte)(run - 1);
            return at + 1;
        }
        bytes[at] = (byte)(0x40 | (run - 1) >> 8);
        bytes[at + 1] = (byte)(run - 1);
        return at + 2;
    }
}

/// <summary>Takes the runs of a sparse HyperLogLog.</summary>
internal interface IRunVisitor
{
    void Visit(int firstRegister, int run, int value);
}
