using System.Buffers.Binary;
using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

/// <summary>Payloads as Redis wrote them before 7.0: zipmaps, ziplists and intsets, built by hand; some with a fault.</summary>
internal static class OldForms
{
    private const byte Zipmap = 9;
    private const byte IntSet = 11;
    private const byte ZiplistSortedSet = 12;
    private const byte ZiplistQuickList = 14;

    public static byte[] Payload(byte type, Random random)
    {
        byte[] blob = type switch
        {
            Zipmap => ZipmapOf(random),
            IntSet => IntSetOf(random),
            _ => ZiplistOf(Elements(random, type)),
        };
        if (random.Next(3) == 0)
            blob[random.Next(blob.Length)] ^= (byte)(1 << random.Next(8));
        var payload = new List<byte> { type };
        if (type == ZiplistQuickList)
            payload.Add(1);
        payload.AddRange([0x80, 0, 0, (byte)(blob.Length >> 8), (byte)blob.Length, .. blob, 9, 0]);
        payload.AddRange(BitConverter.GetBytes(Crc64.Update(0, payload.ToArray())));
        return [.. payload];
    }

    private static List<object> Elements(Random random, byte type)
    {
        var elements = new List<object>();
        int pairs = random.Next(20);
        for (int i = 0; i < pairs; i++)
        {
            elements.Add(random.Next(3) == 0 ? 1000L + i : $"element {i} {new string('x', random.Next(300))}");
            elements.Add(type == ZiplistSortedSet ? i * 7L : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));
        }
        return elements;
    }

    private static byte[] ZiplistOf(List<object> elements)
    {
        var bytes = new List<byte>(new byte[10]);
        int last = 10;
        int before = 0;
        foreach (object element in elements)
        {
            last = bytes.Count;
            if (before < 254)
                bytes.Add((byte)before);
            else
                bytes.AddRange([254, .. BitConverter.GetBytes(before)]);
            bytes.AddRange(element is long number ? NumberOf(number) : TextOf((string)element));
            before = bytes.Count - last;
        }
        bytes.Add(0xff);
        byte[] ziplist = [.. bytes];
        BinaryPrimitives.WriteInt32LittleEndian(ziplist, ziplist.Length);
        BinaryPrimitives.WriteInt32LittleEndian(ziplist.AsSpan(4), last);
        BinaryPrimitives.WriteUInt16LittleEndian(ziplist.AsSpan(8), (ushort)elements.Count);
        return ziplist;
    }

    private static byte[] TextOf(string text) => text.Length < 64
        ? [(byte)text.Length, .. Rdb.Bytes(text)]
        : [(byte)(0x40 | text.Length >> 8), (byte)text.Length, .. Rdb.Bytes(text)];

    private static byte[] NumberOf(long number)
    {
        byte[] bytes = BitConverter.GetBytes(number);
        return number switch
        {
            >= 0 and <= 12 => [(byte)(0xf1 + number)],
            >= sbyte.MinValue and <= sbyte.MaxValue => [0xfe, bytes[0]],
            >= short.MinValue and <= short.MaxValue => [0xc0, .. bytes[..2]],
            >= -(1 << 23) and < 1 << 23 => [0xf0, .. bytes[..3]],
            >= int.MinValue and <= int.MaxValue => [0xd0, .. bytes[..4]],
            _ => [0xe0, .. bytes],
        };
    }

    private static byte[] ZipmapOf(Random random)
    {
        int count = random.Next(1, 20);
        var bytes = new List<byte> { (byte)count };
        for (int i = 0; i < count; i++)
        {
            string field = $"field {i}";
            string value = new('v', random.Next(200));
            int unused = random.Next(3);
            bytes.AddRange([(byte)field.Length, .. Rdb.Bytes(field), (byte)value.Length, (byte)unused, .. Rdb.Bytes(value), .. new byte[unused]]);
        }
        bytes.Add(0xff);
        return [.. bytes];
    }

    private static byte[] IntSetOf(Random random)
    {
        int width = 2 << random.Next(3);
        int count = random.Next(1, 30);
        byte[] bytes = new byte[8 + count * width];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), count);
        for (int i = 0; i < count; i++)
            BitConverter.GetBytes((long)(i * 3 - 40)).AsSpan(0, width).CopyTo(bytes.AsSpan(8 + i * width));
        return bytes;
    }
}
