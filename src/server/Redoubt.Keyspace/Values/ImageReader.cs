using System.Buffers.Binary;
using Redoubt.Native;

namespace Redoubt.Keyspace;

/// <summary>Walks the tokens of an image, or of a piece of one. Images are made by this server only: a token of another kind than asked for is a bug.</summary>
public ref struct ImageReader(ReadOnlySpan<byte> tokens)
{
    private ReadOnlySpan<byte> _rest = tokens;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The kind of the next token; None at the end.</summary>
    public readonly ImageToken Next => _rest.IsEmpty ? ImageToken.None : (ImageToken)_rest[0];

    public ulong Length()
    {
        Require(ImageToken.Length);
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest[1..]);
        _rest = _rest[9..];
        return value;
    }

    public ReadOnlySpan<byte> Text() => Bytes(ImageToken.Text);

    public ReadOnlySpan<byte> Raw() => Bytes(ImageToken.Raw);

    public ReadOnlySpan<byte> CompressedText(out int expandedLength)
    {
        Require(ImageToken.CompressedText);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest[1..]);
        ReadOnlySpan<byte> rest = _rest[ImageWriter.BytesHeadSize..];
        expandedLength = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        _rest = rest[length..];
        return rest[..length];
    }

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(ImageToken.Raw));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(ImageToken.Raw));

    private ReadOnlySpan<byte> Bytes(ImageToken kind)
    {
        Require(kind);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest[1..]);
        ReadOnlySpan<byte> bytes = _rest.Slice(ImageWriter.BytesHeadSize, length);
        _rest = _rest[(ImageWriter.BytesHeadSize + length)..];
        return bytes;
    }

    private readonly void Require(ImageToken kind) => Invariant.That(Next == kind, "the tokens of an image follow its type");
}
