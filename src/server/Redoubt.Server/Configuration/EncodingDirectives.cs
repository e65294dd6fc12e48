using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

/// <summary>Up to which size a collection keeps its compact form.</summary>
internal sealed class EncodingDirectives(DirectiveTable table)
{
    public NumberDirective HashMaxListpackEntries { get; } =
        table.Unsigned("hash-max-listpack-entries", 512, 0, long.MaxValue, None, "hash-max-ziplist-entries");

    public NumberDirective HashMaxListpackValue { get; } =
        table.Memory("hash-max-listpack-value", 64, 0, long.MaxValue, None, "hash-max-ziplist-value", unsigned: true);

    public NumberDirective ListMaxListpackSize { get; } =
        table.Number("list-max-listpack-size", -2, int.MinValue, int.MaxValue, None, "list-max-ziplist-size");

    public NumberDirective ListCompressDepth { get; } = table.Number("list-compress-depth", 0, 0, int.MaxValue, None);

    public NumberDirective SetMaxIntsetEntries { get; } = table.Unsigned("set-max-intset-entries", 512, 0, long.MaxValue, None);

    public NumberDirective ZsetMaxListpackEntries { get; } =
        table.Unsigned("zset-max-listpack-entries", 128, 0, long.MaxValue, None, "zset-max-ziplist-entries");

    public NumberDirective ZsetMaxListpackValue { get; } =
        table.Memory("zset-max-listpack-value", 64, 0, long.MaxValue, None, "zset-max-ziplist-value", unsigned: true);

    public NumberDirective HllSparseMaxBytes { get; } =
        table.Memory("hll-sparse-max-bytes", 3000, 0, long.MaxValue, None, unsigned: true);

    public NumberDirective StreamNodeMaxBytes { get; } =
        table.Memory("stream-node-max-bytes", 4096, 0, long.MaxValue, None, unsigned: true);

    public NumberDirective StreamNodeMaxEntries { get; } = table.Number("stream-node-max-entries", 100, 0, long.MaxValue, None);
}
