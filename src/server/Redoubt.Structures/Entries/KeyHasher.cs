// The hash of keys: seeded, so that nobody outside can choose keys that collide, and fast for the usual 8 to 40 bytes.
//
// Method: multiply two 64-bit words to 128 bits and fold the halves together by xor; 16 bytes per step. The two seeds are
// random per process (per keyspace). Source: the family of folded-multiply hashes (wyhash, Wang Yi 2019; mum-hash, Makarov).
//
// Use of the bits: low bits choose the bucket, bits 20 to 34 are kept beside the pointer, the top byte is the tag.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Redoubt.Structures.Entries;

public readonly struct KeyHasher(ulong seed0, ulong seed1)
{
    private readonly ulong _seed0 = seed0 ^ 0x9E3779B97F4A7C15;
    private readonly ulong _seed1 = seed1 ^ 0xD1B54A32D192ED03;

    public ulong Hash(ReadOnlySpan<byte> key)
    {
        ulong state = _seed0 ^ ((ulong)key.Length * 0xA0761D6478BD642F);
        ulong a, b;
        if (key.Length >= 16)
        {
            int last = key.Length - 16;
            for (int at = 0; at < last; at += 16)
            {
                state = Fold(
                    BinaryPrimitives.ReadUInt64LittleEndian(key[at..]) ^ _seed1,
                    BinaryPrimitives.ReadUInt64LittleEndian(key[(at + 8)..]) ^ state);
            }
            a = BinaryPrimitives.ReadUInt64LittleEndian(key[last..]);
            b = BinaryPrimitives.ReadUInt64LittleEndian(key[(last + 8)..]);
        }
        else if (key.Length >= 8)
        {
            a = BinaryPrimitives.ReadUInt64LittleEndian(key);
            b = BinaryPrimitives.ReadUInt64LittleEndian(key[(key.Length - 8)..]);
        }
        else if (key.Length >= 4)
        {
            a = BinaryPrimitives.ReadUInt32LittleEndian(key);
            b = BinaryPrimitives.ReadUInt32LittleEndian(key[(key.Length - 4)..]);
        }
        else if (key.Length > 0)
        {
            a = ((ulong)key[0] << 16) | ((ulong)key[key.Length >> 1] << 8) | key[^1];
            b = 0;
        }
        else
        {
            a = b = 0;
        }
        return Fold(0x8EBC6AF09C88C6E3 ^ state, Fold(a ^ _seed1, b ^ state));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong x, ulong y)
    {
        ulong high = Math.BigMul(x, y, out ulong low);
        return high ^ low;
    }
}
