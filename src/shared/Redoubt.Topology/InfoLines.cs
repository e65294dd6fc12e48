namespace Redoubt.Topology;

/// <summary>Walks the <c>field:value</c> lines of an INFO reply, in any of its sections; headings and empty lines are
/// skipped, and both <c>\r\n</c> and <c>\n</c> end a line. Use it with <c>foreach</c>.</summary>
public ref struct InfoLines(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;

    /// <summary>The line the walk stands on.</summary>
    public InfoLine Current { get; private set; }

    /// <summary>The walk itself.</summary>
    public readonly InfoLines GetEnumerator() => this;

    /// <summary>Goes to the next line that has a field and a value.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = _rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];
            line = line.TrimEnd((byte)'\r');
            int colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[0] == (byte)'#')
                continue;
            Current = new InfoLine(line[..colon], line[(colon + 1)..]);
            return true;
        }

        return false;
    }
}

/// <summary>One field of an INFO reply.</summary>
public readonly ref struct InfoLine(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
{
    /// <summary>What stands before the first colon.</summary>
    public ReadOnlySpan<byte> Field { get; } = field;

    /// <summary>What stands after it.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;
}
