using System.Text;
using Redoubt.Persistence.AppendOnly;

namespace Redoubt.Persistence.Tests;

public sealed class AofReaderTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef01234567";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"redoubt-aof-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Commands_come_in_chunks_and_annotations_do_not()
    {
        string commands = Command("set", "a", "1") + Command("set", "b", "2");
        Write("#TS:1\r\n" + Command("set", "a", "1") + "#anything\n" + Command("set", "b", "2"));

        Assert.Equal((commands, AofEnd.Whole), ReadAll(out _));
    }

    [Fact]
    public void A_command_longer_than_any_piece_is_one_command()
    {
        string command = Command("set", "a", new string('x', 3_000_000)) + Command("get", "a");
        Write(command);

        Assert.Equal((command, AofEnd.Whole), ReadAll(out _));
    }

    [Fact]
    public void Wherever_a_file_is_cut_it_is_whole_or_cut_and_valid_up_to_the_last_command()
    {
        string[] parts = [Command("set", "a", "1"), Command("multi"), Command("incr", "a"), Command("exec"), "#REPL:" + Id + " 7 0\r\n", Command("del", "a")];
        string all = string.Concat(parts);
        int[] outside = [0, parts[0].Length, Sum(4), Sum(5), Sum(6)];
        for (int length = 0; length <= all.Length; length++)
        {
            Write(all[..length]);
            (_, AofEnd end) = ReadAll(out AofReader reader);

            bool isWhole = outside.Contains(length);
            Assert.Equal((length, isWhole), (length, end == AofEnd.Whole));
            Assert.Contains(end, new[] { AofEnd.Whole, AofEnd.Cut, AofEnd.CutTransaction });
            Assert.Equal(outside.Last(place => place <= length), reader.ValidUpTo);
        }

        int Sum(int count) => parts.Take(count).Sum(static part => part.Length);
    }

    [Theory]
    [InlineData("set a 1\r\n")]
    [InlineData("*x\r\n")]
    [InlineData("*0\r\n")]
    [InlineData("*1\r\n$-1\r\n")]
    [InlineData("*1\r\n:1\r\n")]
    [InlineData("*1\r\n$3\r\nabcde")]
    [InlineData("*99999999999999\r\n")]
    [InlineData("\0\0\0\0")]
    public void What_is_no_command_is_damage_and_where_it_stands_is_known(string damage)
    {
        string before = Command("set", "a", "1");
        Write(before + damage + Command("set", "b", "2"));

        (string commands, AofEnd end) = ReadAll(out AofReader reader);

        Assert.Equal((before, AofEnd.Damaged, (long)before.Length), (commands, end, reader.DamagedAt));
    }

    [Fact]
    public void The_place_in_the_history_is_known_only_if_no_command_follows_its_stamp()
    {
        byte[] line = new byte[AofStamp.LengthMax];
        AofStamp stamp = new(Id, 4711, 9);
        string text = Encoding.ASCII.GetString(line, 0, stamp.Write(line));

        Write(Command("set", "a", "1") + text + "#TS:1\r\n");
        ReadAll(out AofReader known);
        Write(text + Command("set", "a", "1"));
        ReadAll(out AofReader unknown);

        Assert.Equal(stamp, known.Stamp);
        Assert.Null(unknown.Stamp);
        Assert.True(unknown.HasCommands);
    }

    private void Write(string text) => File.WriteAllBytes(_path, Encoding.Latin1.GetBytes(text));

    private (string Commands, AofEnd End) ReadAll(out AofReader reader)
    {
        using AofReader opened = reader = new AofReader(_path, 0);
        StringBuilder text = new();
        AofChunk chunk = new();
        while (opened.Read(chunk))
            text.Append(Encoding.Latin1.GetString(chunk.Bytes, 0, chunk.Length));
        return (text.ToString(), opened.End);
    }

    private static string Command(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(static word => $"${word.Length}\r\n{word}\r\n"));
}
