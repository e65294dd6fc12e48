using System.Globalization;
using System.Text;

namespace Redoubt.Structures.Tests;

public sealed class IntegerTextTests
{
    [Theory]
    [InlineData("0", true)]
    [InlineData("-1", true)]
    [InlineData("9223372036854775807", true)]
    [InlineData("-9223372036854775808", true)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-9223372036854775809", false)]
    [InlineData("18446744073709551616", false)]
    [InlineData("99999999999999999999", false)]
    [InlineData("", false)]
    [InlineData("-", false)]
    [InlineData("-0", false)]
    [InlineData("+1", false)]
    [InlineData("01", false)]
    [InlineData(" 1", false)]
    [InlineData("1 ", false)]
    [InlineData("1.0", false)]
    [InlineData("1e3", false)]
    [InlineData("/", false)]
    [InlineData(":", false)]
    public void Only_Redis_spelling_is_an_integer(string text, bool isInteger)
    {
        Assert.Equal(isInteger, IntegerText.TryParse(Encoding.ASCII.GetBytes(text), out long value));
        Assert.Equal(isInteger ? long.Parse(text, CultureInfo.InvariantCulture) : 0, value);
    }

    [Fact]
    public void Every_integer_is_read_back()
    {
        Random random = new(1);
        for (int i = 0; i < 100_000; i++)
        {
            long number = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            Assert.True(IntegerText.TryParse(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)), out long value));
            Assert.Equal(number, value);
        }
    }
}
