using System.Text;

namespace Redoubt.Topology.Tests;

public class ReplicationIdTests
{
    private const string Text = "2075abfe58dc050f01fc00fdbd8997f2c111ebda";

    [Fact]
    public void Text_survives_the_round_trip()
    {
        Assert.True(ReplicationId.TryParse(Encoding.ASCII.GetBytes(Text), out ReplicationId id));
        Span<byte> written = stackalloc byte[40];
        Assert.True(id.TryFormat(written));
        Assert.Equal(Text, Encoding.ASCII.GetString(written));
        Assert.Equal(Text, id.ToString());
    }

    [Fact]
    public void Upper_case_digits_name_the_same_history() =>
        Assert.Equal(ReplicationId.Parse(Text), ReplicationId.Parse(Text.ToUpperInvariant()));

    [Theory]
    [InlineData("")]
    [InlineData("2075abfe58dc050f01fc00fdbd8997f2c111ebd")]
    [InlineData("2075abfe58dc050f01fc00fdbd8997f2c111ebdaa")]
    [InlineData("2075abfe58dc050f01fc00fdbd8997f2c111ebdg")]
    [InlineData(" 075abfe58dc050f01fc00fdbd8997f2c111ebda")]
    public void Anything_but_forty_hex_digits_is_refused(string text)
    {
        Assert.False(ReplicationId.TryParse(Encoding.ASCII.GetBytes(text), out _));
        Assert.Throws<FormatException>(() => ReplicationId.Parse(text));
    }

    [Fact]
    public void Every_digit_counts_in_a_comparison()
    {
        ReplicationId id = ReplicationId.Parse(Text);
        for (int i = 0; i < Text.Length; i++)
        {
            char[] other = Text.ToCharArray();
            other[i] = other[i] == '7' ? '8' : '7';
            Assert.NotEqual(id, ReplicationId.Parse(other));
        }
    }

    [Fact]
    public void None_is_forty_zeros()
    {
        Assert.Equal(new string('0', 40), ReplicationId.None.ToString());
        Assert.True(ReplicationId.Parse(new string('0', 40)).IsNone);
        Assert.False(ReplicationId.Parse(Text).IsNone);
    }

    [Fact]
    public void A_random_ID_is_what_the_source_says()
    {
        ReplicationId first = ReplicationId.Random(new Random(7).NextBytes);
        Assert.Equal(first, ReplicationId.Random(new Random(7).NextBytes));
        Assert.NotEqual(first, ReplicationId.Random(new Random(8).NextBytes));
    }

    [Fact]
    public void A_source_of_zeros_is_not_taken_for_an_ID() =>
        Assert.Throws<InvalidOperationException>(() => ReplicationId.Random(bytes => bytes.Clear()));

    [Fact]
    public void The_binary_form_survives_the_round_trip()
    {
        ReplicationId id = ReplicationId.Parse(Text);
        Span<byte> bytes = stackalloc byte[20];
        Assert.True(id.TryWriteBytes(bytes));
        Assert.Equal(id, ReplicationId.FromBytes(bytes));
    }
}
