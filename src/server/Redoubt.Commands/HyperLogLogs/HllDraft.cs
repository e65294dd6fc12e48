using Redoubt.Resp;

namespace Redoubt.Commands;

/// <summary>
/// A HyperLogLog that is being changed: one that is dense where it stands, a sparse one in memory of its own, where it may also become dense.
/// </summary>
internal ref struct HllDraft
{
    /// <summary>More than any sparse form of all registers takes.</summary>
    private const int SparseBytesMax = 2 * HllLayout.RegisterCount;

    private readonly RespWriter _scratch;
    private SparseRegisters _sparse;
    private Span<byte> _dense;

    /// <param name="present">A valid HyperLogLog; empty = one without elements is begun.</param>
    public HllDraft(Span<byte> present, RespWriter scratch, long sparseBytesMax)
    {
        _scratch = scratch;
        if (!present.IsEmpty && HllLayout.IsDense(present))
        {
            _dense = present;
            return;
        }
        IsElsewhere = true;
        int capacity = (int)Math.Max(present.Length, Math.Min(sparseBytesMax, SparseBytesMax)) + HllLayout.HeaderBytes + 8;
        Span<byte> buffer = scratch.Reserve(capacity)[..capacity];
        scratch.Advance(capacity);
        present.CopyTo(buffer);
        buffer[present.Length] = 0;
        _sparse = new SparseRegisters(buffer, present.IsEmpty ? SparseRegisters.WriteEmpty(buffer) : present.Length, sparseBytesMax);
    }

    /// <summary>The outcome is not where the value stands, but in <see cref="Written"/>.</summary>
    public bool IsElsewhere { get; }

    public readonly bool IsDense => !_dense.IsEmpty;

    public readonly ReadOnlySpan<byte> Written => IsDense ? _dense : _sparse.Written;

    /// <summary>Raises a register; false in <paramref name="isWhole"/> when the HyperLogLog is corrupt.</summary>
    public bool TryRaise(int index, int value, out bool isWhole)
    {
        isWhole = true;
        if (!IsDense)
        {
            SparseOutcome outcome = _sparse.Raise(index, value);
            isWhole = outcome != SparseOutcome.Corrupt && (outcome != SparseOutcome.TooSmall || TryBecomeDense());
            if (!isWhole || outcome != SparseOutcome.TooSmall)
                return outcome == SparseOutcome.Raised;
        }
        return DenseRegisters.Raise(_dense[HllLayout.HeaderBytes..], index, value);
    }

    /// <summary>False when it is corrupt.</summary>
    public bool TryBecomeDense()
    {
        if (IsDense)
            return true;
        Span<byte> dense = _scratch.Reserve(HllLayout.DenseBytes)[..HllLayout.DenseBytes];
        _scratch.Advance(HllLayout.DenseBytes);
        _sparse.Written[..HllLayout.HeaderBytes].CopyTo(dense);
        dense[HllLayout.EncodingAt] = HllLayout.Dense;
        dense[HllLayout.HeaderBytes..].Clear();
        Filler filler = new() { Registers = dense[HllLayout.HeaderBytes..] };
        if (!SparseRegisters.TryVisit(_sparse.WithByteBehind, _sparse.Length, ref filler))
            return false;
        _dense = dense;
        return true;
    }

    public readonly void ForgetEstimate()
    {
        if (IsDense)
            HllLayout.ForgetEstimate(_dense);
        else
            _sparse.ForgetEstimate();
    }

    private ref struct Filler : IRunVisitor
    {
        public Span<byte> Registers;

        public readonly void Visit(int firstRegister, int run, int value)
        {
            for (int i = firstRegister; value != 0 && i < firstRegister + run; i++)
                DenseRegisters.Put(Registers, i, value);
        }
    }
}
