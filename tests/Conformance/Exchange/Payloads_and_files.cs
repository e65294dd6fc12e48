using System.Globalization;
using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Exchange;

/// <summary>Values and whole datasets go from one server into the other, in both directions; DEBUG's digests of both sides say whether they arrived.</summary>
public sealed class Payloads_and_files : IDisposable
{
    private const int Commands = 6_000;

    private readonly ServerPair _servers = ServerPair.With(GeneratedDataset.SmallLimits);

    public static TheoryData<ServerKind, string> Ways => new()
    {
        { ServerKind.Redis, "yes" },
        { ServerKind.Redis, "no" },
        { ServerKind.Redoubt, "yes" },
        { ServerKind.Redoubt, "no" },
    };

    public void Dispose() => _servers.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public void Each_value_dumped_by_one_is_restored_by_the_other_as_the_same(ServerKind fromKind, string compression)
    {
        (ServerProcess from, ServerProcess to) = Sides(fromKind);
        from.Call("CONFIG", "SET", "rdbcompression", compression).OrThrow();
        using RespConnection source = from.Connect(), target = to.Connect();
        HashSet<string> encodings = [];
        for (int round = 0; round < 3; round++)
        {
            from.Call("FLUSHALL").OrThrow();
            to.Call("FLUSHALL").OrThrow();
            GeneratedDataset.Write(from, seed: 100 + round, Commands / 3);
            foreach (byte[] key in GeneratedDataset.KeysOf(source))
            {
                byte[] payload = source.Call(Words("DUMP", key)).OrThrow().Bytes;
                string expiry = Math.Max(0, source.Call(Words("PEXPIRETIME", key)).Integer).ToString(CultureInfo.InvariantCulture);
                encodings.Add(source.Call(Words("OBJECT ENCODING", key)).Text);
                string digest = source.Call(Words("DEBUG DIGEST-VALUE", key)).ToString();

                // A value that has shrunk comes back in a smaller form; in the same one on both servers.
                Assert.Equal($"{Wire.Show(key)} {Restored(source, key, expiry, payload)}", $"{Wire.Show(key)} {Restored(target, key, expiry, payload)}");
                Assert.Equal($"{Wire.Show(key)} {digest}", $"{Wire.Show(key)} {target.Call(Words("DEBUG DIGEST-VALUE", key))}");
            }
        }

        Assert.Superset(new HashSet<string> { "int", "embstr", "raw", "quicklist", "listpack", "hashtable", "intset", "skiplist", "stream" }, encodings);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_whole_file_of_one_is_the_dataset_of_the_other(ServerKind fromKind, string compression)
    {
        (ServerProcess from, ServerProcess to) = Sides(fromKind);
        from.Call("CONFIG", "SET", "rdbcompression", compression).OrThrow();
        GeneratedDataset.Write(from, seed: 200, Commands);
        from.Call("SAVE").OrThrow();
        string file = Path.Combine(from.Folder, "dump.rdb");
        Assert.Contains("RDB looks OK", ToolRun.Of("redis-check-rdb", [file]).Succeeded(), StringComparison.Ordinal);
        to.Kill();
        File.Copy(file, Path.Combine(to.Folder, "dump.rdb"), overwrite: true);
        to.Restart();
        Assert.Equal(from.Call("DEBUG", "DIGEST").OrThrow().Text, to.Call("DEBUG", "DIGEST").OrThrow().Text);
        Assert.True(Dataset.Compare(from, to) > 20);

        // And once more through its own file.
        to.Call("DEBUG", "RELOAD").OrThrow();
        Assert.Equal(from.Call("DEBUG", "DIGEST").OrThrow().Text, to.Call("DEBUG", "DIGEST").OrThrow().Text);
    }

    /// <summary>The reply to RESTORE, and what then stands under the key.</summary>
    private static string Restored(RespConnection connection, byte[] key, string expiry, byte[] payload)
    {
        RespValue reply = connection.Call([.. Words("RESTORE", key), Wire.Bytes(expiry), payload, .. Wire.Arguments("REPLACE", "ABSTTL")]);
        return $"{reply} {connection.Call(Words("OBJECT ENCODING", key))} {connection.Call(Words("DEBUG DIGEST-VALUE", key))}";
    }

    private (ServerProcess From, ServerProcess To) Sides(ServerKind from) =>
        from == ServerKind.Redis ? (_servers.Redis, _servers.Redoubt) : (_servers.Redoubt, _servers.Redis);

    private static List<byte[]> Words(string words, byte[] key) => [.. Wire.Arguments(words.Split(' ')), key];
}
