namespace Fuzz;

/// <summary>What happens to bytes on bad disks, on bad lines, and in bad minds.</summary>
internal static class Mutations
{
    /// <summary>Changes one place: a bit, a byte, a length, a piece left out, doubled or overwritten by another piece.</summary>
    public static byte[] Damage(Random random, byte[] bytes)
    {
        if (bytes.Length == 0)
            return [(byte)random.Next(256)];
        int at = random.Next(bytes.Length);
        int count = random.Next(Math.Min(20, bytes.Length - at) + 1);
        switch (random.Next(7))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(random.Next(2) == 0 ? 256 : 8);
                return bytes;
            case 2:
                // The first bytes of lengths, types and opcodes that change what follows.
                byte[] telling = [0, 1, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xBF, 0xC0, 0xC1, 0xC2, 0xC3, 0xE0, 0xF0, 0xF1, 0xF4, 0xFE, 0xFF];
                bytes[at] = telling[random.Next(telling.Length)];
                return bytes;
            case 3:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + count)];
            case 4:
                return [.. bytes.AsSpan(0, at + count), .. bytes.AsSpan(at)];
            case 5:
                int from = random.Next(bytes.Length - count + 1);
                bytes.AsSpan(from, count).ToArray().CopyTo(bytes, at);
                return bytes;
            default:
                return bytes[..at];
        }
    }
}
