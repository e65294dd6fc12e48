using System.Text;

namespace Redoubt.Structures.Tests;

public sealed class DoubleTextTests
{
    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(3.0, "3")]
    [InlineData(-17.5, "-17.5")]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(1e-5, "1.0000000000000001e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(99999999999999999d, "1e+17")]
    [InlineData(12345678901234568d, "12345678901234568")]
    [InlineData(1e100, "1e+100")]
    [InlineData(5e-324, "4.9406564584124654e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void A_double_is_written_with_17_significant_digits(double value, string text)
    {
        Span<byte> target = stackalloc byte[DoubleText.BytesMax];
        Assert.Equal(text, Encoding.ASCII.GetString(target[..DoubleText.Write(target, value)]));
    }

    [Theory]
    [InlineData("5", 5.0)]
    [InlineData("-5.25", -5.25)]
    [InlineData("+1e3", 1000.0)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5.0)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("0x1p3", 8.0)]
    [InlineData("0x.8", 0.5)]
    [InlineData("0x1.fffffffffffff8p0", 2.0)]
    [InlineData("0x1.fffffffffffff7fp0", 1.9999999999999998)]
    [InlineData("0x1p-1074", 5e-324)]
    [InlineData("0x1.8p-1074", 1e-323)]
    [InlineData("0x123456789abcdef01234p0", 8.596805828370696e22)]
    [InlineData("123456789012345678", 123456789012345680.0)]
    [InlineData("-0", -0.0)]
    public void What_strtod_reads_is_a_double(string text, double value)
    {
        Assert.True(DoubleText.TryParse(Encoding.ASCII.GetBytes(text), out double read));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 5")]
    [InlineData("5 ")]
    [InlineData("5x")]
    [InlineData("1e")]
    [InlineData("nan")]
    [InlineData("1e400")]
    [InlineData("1e-400")]
    [InlineData("0x1p-1080")]
    [InlineData("0x")]
    [InlineData("--5")]
    [InlineData(".")]
    [InlineData("infinit")]
    public void What_redis_refuses_as_an_argument_is_none(string text) =>
        Assert.False(DoubleText.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("  12abc", 4, 12.0)]
    [InlineData("1e+", 1, 1.0)]
    [InlineData("0xg", 1, 0.0)]
    [InlineData("abc", 0, 0.0)]
    [InlineData("", 0, 0.0)]
    public void A_number_at_the_beginning_of_a_text_is_read_as_far_as_it_goes(string text, int length, double value)
    {
        Assert.Equal(length, DoubleText.Read(Encoding.ASCII.GetBytes(text), out double read));
        Assert.Equal(value, read);
    }

    [Fact]
    public void Every_double_reads_back_as_itself()
    {
        Random random = new(5);
        Span<byte> target = stackalloc byte[DoubleText.BytesMax];
        for (int i = 0; i < 200_000; i++)
        {
            double value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsNaN(value))
                continue;
            int length = DoubleText.Write(target, value);
            Assert.Equal(length, DoubleText.Read(target[..length], out double read));
            Assert.Equal(value, read);
        }
    }
}
