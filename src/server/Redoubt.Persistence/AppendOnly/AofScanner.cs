namespace Redoubt.Persistence.AppendOnly;

internal enum AofItem
{
    Incomplete,
    Command,
    Annotation,
    Damaged,
}

/// <summary>
/// Finds where commands end. A command that is incomplete is looked at again from its start, unless its length is known already: so one
/// with a long argument that comes in pieces costs no more than another.
/// </summary>
internal sealed class AofScanner
{
    // "*", "$", digits and "\r\n".
    private const int HeaderBytesMax = 14;
    private const int AnnotationBytesMax = 1024;

    private int _bytesWanted;

    /// <summary>MULTI was seen, and no EXEC since.</summary>
    public bool IsInTransaction { get; private set; }

    /// <summary>Looks at the item at the start of the bytes, and says how long it is.</summary>
    public AofItem Next(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.IsEmpty || bytes.Length < _bytesWanted)
            return AofItem.Incomplete;
        _bytesWanted = 0;
        if (bytes[0] == '#')
        {
            int end = bytes.IndexOf((byte)'\n');
            if (end < 0)
                return bytes.Length > AnnotationBytesMax ? AofItem.Damaged : AofItem.Incomplete;
            length = end + 1;
            return AofItem.Annotation;
        }
        return Command(bytes, out length);
    }

    private AofItem Command(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        int at = 0;
        AofItem header = Header(bytes, ref at, (byte)'*', out int count);
        if (header != AofItem.Command)
            return header;
        if (count < 1)
            return AofItem.Damaged;
        ReadOnlySpan<byte> name = default;
        for (int i = 0; i < count; i++)
        {
            header = Header(bytes, ref at, (byte)'$', out int bulk);
            if (header != AofItem.Command)
                return header;
            if (bytes.Length - at < bulk + 2L)
            {
                _bytesWanted = (int)Math.Min(at + bulk + 2L, int.MaxValue);
                return AofItem.Incomplete;
            }
            if (bytes[at + bulk] != '\r' || bytes[at + bulk + 1] != '\n')
                return AofItem.Damaged;
            if (i == 0)
                name = bytes.Slice(at, bulk);
            at += bulk + 2;
        }
        if (count == 1 && System.Text.Ascii.EqualsIgnoreCase(name, "multi"u8))
            IsInTransaction = true;
        else if (count == 1 && System.Text.Ascii.EqualsIgnoreCase(name, "exec"u8))
            IsInTransaction = false;
        length = at;
        return AofItem.Command;
    }

    private static AofItem Header(ReadOnlySpan<byte> bytes, ref int at, byte type, out int number)
    {
        number = 0;
        ReadOnlySpan<byte> rest = bytes[at..];
        if (rest.IsEmpty)
            return AofItem.Incomplete;
        if (rest[0] != type)
            return AofItem.Damaged;
        long value = 0;
        int i = 1;
        for (; i < rest.Length && rest[i] is >= (byte)'0' and <= (byte)'9' && i < HeaderBytesMax; i++)
            value = value * 10 + (rest[i] - '0');
        if (i + 1 >= rest.Length && (i >= rest.Length || rest[i] == '\r'))
            return AofItem.Incomplete;
        if (i == 1 || rest[i] != '\r' || rest[i + 1] != '\n' || value > int.MaxValue - 64)
            return AofItem.Damaged;
        number = (int)value;
        at += i + 2;
        return AofItem.Command;
    }
}
