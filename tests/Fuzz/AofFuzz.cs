using System.Globalization;
using System.Text;
using Redoubt.Persistence.AppendOnly;

namespace Fuzz;

/// <summary>
/// Append-only files and their manifests are foreign bytes: whatever they hold, what is read before the damage are whole commands, and where the
/// file is valid up to lies between them.
/// </summary>
public class AofFuzz
{
    private const string Id = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public void Damaged_files_give_whole_commands_and_an_end()
    {
        string path = Path.Combine(Path.GetTempPath(), $"redoubt-fuzz-{Guid.NewGuid():N}.aof");
        try
        {
            Campaign.Run(random =>
            {
                byte[] file = RandomFile(random);
                for (int mutations = random.Next(4); mutations > 0; mutations--)
                    file = Mutations.Damage(random, file);
                File.WriteAllBytes(path, file);
                Check(path, file);
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Damaged_manifests_are_refused_or_written_back_as_they_were_understood() => Campaign.Run(random =>
    {
        AofManifest manifest = new("appendonly.aof");
        for (int i = random.Next(4); i >= 0; i--)
        {
            manifest.AddBase(random.Next(2) == 0);
            manifest.AddIncremental();
        }
        byte[] bytes = manifest.Format();
        for (int mutations = random.Next(4); mutations > 0; mutations--)
            bytes = Mutations.Damage(random, bytes);
        (AofManifest? read, AofManifestError? error) = AofManifest.Parse("appendonly.aof", bytes);
        Assert.True(read is null != error is null);
        if (read is null || read.IsEmpty)
            return;
        (AofManifest? again, _) = AofManifest.Parse("appendonly.aof", read.Format());
        Assert.Equal(read.Format(), again!.Format());
    });

    private static void Check(string path, byte[] file)
    {
        using AofReader reader = new(path, 0);
        AofChunk chunk = new();
        long commands = 0;
        while (reader.Read(chunk))
        {
            ReadOnlySpan<byte> bytes = chunk.Bytes.AsSpan(0, chunk.Length);
            while (!bytes.IsEmpty)
            {
                bytes = bytes[LengthOfCommand(bytes)..];
                commands++;
            }
        }
        Assert.NotEqual(AofEnd.None, reader.End);
        Assert.NotEqual(AofEnd.Unreadable, reader.End);
        Assert.Equal(commands > 0, reader.HasCommands);
        Assert.InRange(reader.ValidUpTo, 0, file.Length);
        if (reader.End == AofEnd.Whole)
            Assert.Equal(file.Length, reader.ValidUpTo);
        if (reader.End == AofEnd.Damaged)
            Assert.InRange(reader.DamagedAt, reader.ValidUpTo, file.Length - 1);
    }

    /// <summary>A second reader of the form, as plain as can be: it fails on anything that is no command.</summary>
    private static int LengthOfCommand(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        int count = Number(bytes, ref at, '*');
        Assert.True(count > 0);
        for (int i = 0; i < count; i++)
        {
            int length = Number(bytes, ref at, '$');
            Assert.Equal("\r\n", Encoding.Latin1.GetString(bytes.Slice(at + length, 2)));
            at += length + 2;
        }
        return at;
    }

    private static int Number(ReadOnlySpan<byte> bytes, ref int at, char type)
    {
        Assert.Equal(type, (char)bytes[at]);
        int end = bytes[at..].IndexOf("\r\n"u8);
        int number = int.Parse(bytes.Slice(at + 1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture);
        at += end + 2;
        return number;
    }

    private static byte[] RandomFile(Random random)
    {
        StringBuilder text = new();
        for (int i = random.Next(30); i > 0; i--)
        {
            text.Append(random.Next(8) switch
            {
                0 => "#TS:1\r\n",
                1 => $"#REPL:{Id} {random.Next()} {random.Next(16)}\r\n",
                2 => Command("MULTI"),
                3 => Command("exec"),
                4 => Command("SET", "large", new string('x', random.Next(300_000))),
                _ => Command("SET", $"key {random.Next(10)}", new string('\r', random.Next(5)) + "\n"),
            });
        }
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static string Command(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(static word => $"${word.Length}\r\n{word}\r\n"));
}
