namespace Redoubt.Persistence.Rdb;

/// <summary>The numbers of the RDB format, as far as this code reads or writes them.</summary>
public static class RdbFormat
{
    public const int VersionWritten = 10;
    public const int VersionReadMax = 12;

    /// <summary>The version from which on a checksum follows the end mark.</summary>
    public const int VersionWithChecksum = 5;

    public const byte TypeString = 0;

    internal const int MagicLength = 9;
    internal const int ChecksumLength = 8;

    internal const byte OpcodeSlotInfo = 244;
    internal const byte OpcodeFunction = 245;
    internal const byte OpcodeFunctionPreRelease = 246;
    internal const byte OpcodeModuleAux = 247;
    internal const byte OpcodeIdle = 248;
    internal const byte OpcodeFrequency = 249;
    internal const byte OpcodeAux = 250;
    internal const byte OpcodeResizeDatabase = 251;
    internal const byte OpcodeExpireMs = 252;
    internal const byte OpcodeExpireSeconds = 253;
    internal const byte OpcodeSelectDatabase = 254;
    internal const byte OpcodeEnd = 255;

    internal const byte Length6Bits = 0x00;
    internal const byte Length14Bits = 0x40;
    internal const byte Length32Bits = 0x80;
    internal const byte Length64Bits = 0x81;

    internal const byte EncodingInt8 = 0xc0;
    internal const byte EncodingInt16 = 0xc1;
    internal const byte EncodingInt32 = 0xc2;
    internal const byte EncodingLzf = 0xc3;

    internal const int ModuleEnd = 0;
    internal const int ModuleSigned = 1;
    internal const int ModuleUnsigned = 2;
    internal const int ModuleFloat = 3;
    internal const int ModuleDouble = 4;
    internal const int ModuleString = 5;

    private static readonly string?[] TypeNames =
    [
        "string", "list", "set", "zset", "hash", "zset-2", "module", "module-2", null, "hash-zipmap",
        "list-ziplist", "set-intset", "zset-ziplist", "hash-ziplist", "list-quicklist", "stream-listpacks",
        "hash-listpack", "zset-listpack", "list-quicklist-2", "stream-listpacks-2", "set-listpack", "stream-listpacks-3",
        "hash-metadata-pre-release", "hash-listpack-ex-pre-release", "hash-metadata", "hash-listpack-ex",
    ];

    /// <summary>The name of a value type, or null when the format has no such type.</summary>
    public static string? TypeName(byte type) => type < TypeNames.Length ? TypeNames[type] : null;
}
