using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence.Tests;

public class ChecksumTests
{
    [Fact]
    public void The_check_value_is_that_of_Redis() => Assert.Equal(0xe9c6d914c4b8d9caUL, Crc64.Update(0, "123456789"u8));

    [Fact]
    public void All_ways_to_compute_it_agree_at_every_length_and_cut()
    {
        byte[] data = Rdb.Bytes(Rdb.Random(new Random(5), 700));
        for (int length = 0; length <= data.Length; length++)
        {
            ulong expected = BitByBit(data.AsSpan(0, length));
            Assert.Equal(expected, Crc64.UpdateSliced(0, data.AsSpan(0, length)));
            Assert.Equal(expected, Crc64.Update(0, data.AsSpan(0, length)));
            int cut = length * 2 / 3;
            Assert.Equal(expected, Crc64.Update(Crc64.Update(0, data.AsSpan(0, cut)), data.AsSpan(cut, length - cut)));
        }
    }

    private static ulong BitByBit(ReadOnlySpan<byte> data)
    {
        ulong crc = 0;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0x95ac9329ac4bc9b5 : crc >> 1;
        }
        return crc;
    }
}
