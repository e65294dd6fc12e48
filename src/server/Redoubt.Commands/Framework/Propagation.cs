// What a command says about its own propagation to replicas (and later the AOF).
//
// A command is propagated verbatim unless it chose otherwise. `Instead` begins the first replacement; several replacements
// (and deletions of keys found expired on the way) are wrapped in MULTI/EXEC by the dispatcher, as Redis does.
//
// Where there is neither a backlog nor an append-only file, the words would be thrown away: then they are not put together.

using System.Buffers.Text;
using Redoubt.Resp;

namespace Redoubt.Commands;

/// <summary>Where commands are propagated to.</summary>
public interface IPropagationTarget
{
    /// <summary>Whether anybody will hear of what is propagated now.</summary>
    bool IsHeard { get; }
}

public sealed class Propagation
{
    private readonly RespWriter _commands = new(4096);
    private bool _isUnheard;
    private int[] _starts = new int[4];

    /// <summary>Null = everything is heard.</summary>
    public IPropagationTarget? Target { get; init; }

    /// <summary>True when the command's own words are not to be propagated.</summary>
    public bool IsReplaced { get; private set; }

    /// <summary>True when the command is propagated although the dataset may not have changed (FLUSHALL of an empty server).</summary>
    public bool IsForced { get; private set; }

    /// <summary>Number of commands in <see cref="Commands"/>.</summary>
    public int CommandCount { get; private set; }

    /// <summary>The commands to propagate, as RESP arrays.</summary>
    public ReadOnlySpan<byte> Commands => _commands.Written;

    /// <summary>One of them.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int end = index + 1 < CommandCount ? _starts[index + 1] : _commands.Length;
            return _commands.Segment(_starts[index], end - _starts[index]);
        }
    }

    /// <summary>Propagates nothing for this command.</summary>
    public void Nothing() => IsReplaced = true;

    /// <summary>Propagates the command even when it changed nothing.</summary>
    public void Always() => IsForced = true;

    /// <summary>Begins a command of <paramref name="count"/> words that stands for this one; the words follow with <see cref="Word(ReadOnlySpan{byte})"/>.</summary>
    public Propagation Instead(int count)
    {
        IsReplaced = true;
        return Also(count);
    }

    /// <summary>Begins a further command that is propagated before the command's own words, such as the deletion of an expired key.</summary>
    public Propagation Also(int count)
    {
        _isUnheard = Target is { IsHeard: false };
        if (_isUnheard)
            return this;
        if (CommandCount == _starts.Length)
            Array.Resize(ref _starts, 2 * CommandCount);
        _starts[CommandCount++] = _commands.Length;
        _commands.Array(count);
        return this;
    }

    public Propagation Word(ReadOnlySpan<byte> word)
    {
        if (!_isUnheard)
            _commands.Bulk(word);
        return this;
    }

    public Propagation Word(long value)
    {
        if (_isUnheard)
            return this;
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int length);
        _commands.Bulk(digits[..length]);
        return this;
    }

    public void Reset()
    {
        IsReplaced = false;
        IsForced = false;
        CommandCount = 0;
        if (_commands.Length > 0)
        {
            _commands.Clear();
            _commands.Trim(64 * 1024);
        }
    }
}
