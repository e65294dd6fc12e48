using System.Text;
using Redoubt.Failover.MissedWrites;
using Redoubt.Operations.MissedWrites;

namespace Fuzz;

/// <summary>
/// What is left of an old master is foreign bytes: pieces of a stream that begin anywhere, files that were torn. Whatever they hold, what is read
/// are commands that lie one behind the other within the piece, and never an exception.
/// </summary>
public class MissedWritesFuzz
{
    [Fact]
    public void Damaged_pieces_of_a_stream_give_commands_that_lie_within_them() => Campaign.Run(random =>
    {
        byte[] piece = RandomPiece(random);
        for (int mutations = random.Next(4); mutations > 0; mutations--)
            piece = Mutations.Damage(random, piece);
        long position = random.Next(1, 1000);
        Check(CommandStream.Read(piece, position), piece, position);
        Check(CommandStream.ReadFromMiddle(piece.AsSpan(random.Next(piece.Length + 1)), position), piece, position);
    });

    [Fact]
    public void The_head_of_a_damaged_snapshot_tells_a_place_or_none()
    {
        string folder = Directory.CreateTempSubdirectory("redoubt-fuzz-").FullName;
        try
        {
            Campaign.Run(random =>
            {
                byte[] head = [.. "REDIS0010"u8, .. Field("redis-ver", "7.0.15"), 0xFA, 10, .. "redis-bits"u8, 0xC0, 64, .. Field("repl-id", "0123456789abcdef0123456789abcdef01234567"), .. Field("repl-offset", "1234"), 0xFF];
                bool whole = random.Next(4) == 0;
                for (int mutations = whole ? 0 : random.Next(1, 5); mutations > 0; mutations--)
                    head = Mutations.Damage(random, head);
                File.WriteAllBytes(Path.Combine(folder, "dump.rdb"), head);
                var place = OldData.Open(folder).ReadPlace();
                if (whole)
                    Assert.Equal(1234, place!.Value.Offset.Value);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Check(CommandStream stream, byte[] piece, long position)
    {
        Assert.InRange(stream.ReadTo, 0, piece.Length);
        long last = position - 1;
        foreach (StreamCommand command in stream.Commands)
        {
            Assert.True(command.Start > last && command.End > command.Start, $"{command.Start}..{command.End} after {last}");
            Assert.NotEmpty(command.Words);
            Assert.NotNull(command.ToText());
            last = command.End;
        }

        Assert.InRange(last, position - 1, position + piece.Length - 1);
        Assert.All(stream.Stamps, stamp => Assert.InRange(stamp.Commands, 0, stream.Commands.Count));
    }

    private static byte[] RandomPiece(Random random)
    {
        var text = new StringBuilder();
        for (int i = random.Next(12); i > 0; i--)
        {
            if (random.Next(5) == 0)
            {
                text.Append("#REPL:0123456789abcdef0123456789abcdef01234567 ").Append(random.Next(1000)).Append(" 0\r\n");
                continue;
            }

            string[] words = random.Next(6) switch
            {
                0 => ["SELECT", random.Next(16).ToString(System.Globalization.CultureInfo.InvariantCulture)],
                1 => ["PING"],
                2 => ["MULTI"],
                3 => ["EXEC"],
                _ => ["SET", "key", "*1\r\n$4\r\nPING\r\n"],
            };
            text.Append('*').Append(words.Length).Append("\r\n");
            foreach (string word in words)
                text.Append('$').Append(word.Length).Append("\r\n").Append(word).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static byte[] Field(string name, string value) => [0xFA, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
