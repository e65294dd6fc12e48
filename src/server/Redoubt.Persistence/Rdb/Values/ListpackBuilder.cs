using System.Buffers.Binary;
using Redoubt.Keyspace;
using Redoubt.Structures;

namespace Redoubt.Persistence.Rdb;

/// <summary>Writes a listpack as one text token of an image, element by element; see <see cref="ListpackCursor"/> for the format.</summary>
internal ref struct ListpackBuilder
{
    private const int ElementHeadMax = 5;
    private const int BackLengthMax = 5;

    private readonly ImageWriter _image;
    private readonly int _token;
    private int _count;

    public ListpackBuilder(ImageWriter image)
    {
        _image = image;
        _token = image.Count;
        image.BeginText(0);
        image.Reserve(ListpackCursor.HeaderSize);
    }

    public readonly int Count => _count;

    /// <summary>Adds an element; a text that is an integer is stored as one.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        if (IntegerText.TryParse(text, out long number))
        {
            Add(number);
            return;
        }
        Span<byte> head = stackalloc byte[ElementHeadMax];
        int size = 1;
        if (text.Length < 64)
        {
            head[0] = (byte)(0x80 | text.Length);
        }
        else if (text.Length < 4096)
        {
            BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)(0xe000 | text.Length));
            size = 2;
        }
        else
        {
            head[0] = 0xf0;
            BinaryPrimitives.WriteInt32LittleEndian(head[1..], text.Length);
            size = 5;
        }
        _image.Append(head[..size]);
        _image.Append(text);
        End(size + text.Length);
    }

    public void Add(long number)
    {
        Span<byte> element = stackalloc byte[1 + sizeof(long)];
        int size;
        if (number is >= 0 and < 128)
        {
            element[0] = (byte)number;
            size = 1;
        }
        else if (number is >= -4096 and < 4096)
        {
            BinaryPrimitives.WriteUInt16BigEndian(element, (ushort)(0xc000 | (number & 0x1fff)));
            size = 2;
        }
        else
        {
            (element[0], size) = number switch
            {
                >= short.MinValue and <= short.MaxValue => ((byte)0xf1, 3),
                >= -(1 << 23) and < 1 << 23 => ((byte)0xf2, 4),
                >= int.MinValue and <= int.MaxValue => ((byte)0xf3, 5),
                _ => ((byte)0xf4, 9),
            };
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            bytes[..(size - 1)].CopyTo(element[1..]);
        }
        _image.Append(element[..size]);
        End(size);
    }

    public readonly void Finish()
    {
        _image.Append([ListpackCursor.EndMark]);
        Span<byte> token = _image.From(_token);
        Span<byte> blob = token[ImageTokenHead..];
        BinaryPrimitives.WriteInt32LittleEndian(token[1..], blob.Length);
        BinaryPrimitives.WriteInt32LittleEndian(blob, blob.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(blob[4..], (ushort)Math.Min(_count, ListpackCursor.CountUnknown));
    }

    /// <summary>Writes the length backwards; returns how many bytes it takes.</summary>
    public static int WriteBackLength(Span<byte> target, int length)
    {
        int size = length <= 127 ? 1 : length < 16383 ? 2 : length < 2097151 ? 3 : length < 268435455 ? 4 : 5;
        for (int i = 0; i < size; i++)
        {
            int shift = 7 * (size - 1 - i);
            target[i] = (byte)((length >> shift & 127) | (i == 0 ? 0 : 128));
        }
        return size;
    }

    private const int ImageTokenHead = 5;

    private void End(int size)
    {
        Span<byte> back = stackalloc byte[BackLengthMax];
        _image.Append(back[..WriteBackLength(back, size)]);
        _count++;
    }
}
