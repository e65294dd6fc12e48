// Error replies are part of the interface: clients and test suites match them letter by letter.
//
// This is the one table of their texts, as redis-server 7.0.15 words them. A text begins with its code, the word under which
// INFO errorstats counts it. Texts that name an argument are split where it goes in; `CommandContext.Error` joins the pieces
// and takes care that nothing a client sends can break out of the error line.

namespace Redoubt.Commands;

public static class Errors
{
    /// <summary>The code of an error without one of its own, to be followed by what is named.</summary>
    public static ReadOnlySpan<byte> Code => "ERR "u8;

    public static ReadOnlySpan<byte> WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value"u8;

    public static ReadOnlySpan<byte> BusyKey => "BUSYKEY Target key name already exists."u8;

    public static ReadOnlySpan<byte> InvalidTtl => "ERR Invalid TTL value, must be >= 0"u8;

    public static ReadOnlySpan<byte> InvalidIdleTime => "ERR Invalid IDLETIME value, must be >= 0"u8;

    public static ReadOnlySpan<byte> InvalidFrequency => "ERR Invalid FREQ value, must be >= 0 and <= 255"u8;

    public static ReadOnlySpan<byte> WrongPayloadFooter => "ERR DUMP payload version or checksum are wrong"u8;

    public static ReadOnlySpan<byte> BadPayloadFormat => "ERR Bad data format"u8;

    public static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;

    public static ReadOnlySpan<byte> NoSuchKey => "ERR no such key"u8;

    public static ReadOnlySpan<byte> SameObject => "ERR source and destination objects are the same"u8;

    public static ReadOnlySpan<byte> NotInteger => "ERR value is not an integer or out of range"u8;

    public static ReadOnlySpan<byte> OutOfRange => "ERR value is out of range"u8;

    public static ReadOnlySpan<byte> NotFinite => "ERR value is NaN or Infinity"u8;

    public static ReadOnlySpan<byte> HashValueNotInteger => "ERR hash value is not an integer"u8;

    public static ReadOnlySpan<byte> HashValueNotFloat => "ERR hash value is not a float"u8;

    public static ReadOnlySpan<byte> KeyCountNotPositive => "ERR numkeys should be greater than 0"u8;

    public static ReadOnlySpan<byte> KeyCountTooLarge => "ERR Number of keys can't be greater than number of args"u8;

    public static ReadOnlySpan<byte> LimitNegative => "ERR LIMIT can't be negative"u8;

    public static ReadOnlySpan<byte> IndexOutOfRange => "ERR index out of range"u8;

    public static ReadOnlySpan<byte> CountNotPositive => "ERR count should be greater than 0"u8;

    public static ReadOnlySpan<byte> CountNegative => "ERR COUNT can't be negative"u8;

    public static ReadOnlySpan<byte> MaxLenNegative => "ERR MAXLEN can't be negative"u8;

    public static ReadOnlySpan<byte> RankZero =>
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"u8;

    public static ReadOnlySpan<byte> NotFloat => "ERR value is not a valid float"u8;

    public static ReadOnlySpan<byte> OutOfIntRange => "ERR value is out of range, value must between -2147483648 and 2147483647"u8;

    public static ReadOnlySpan<byte> MustBePositive => "ERR value is out of range, must be positive"u8;

    public static ReadOnlySpan<byte> IncrementOverflow => "ERR increment or decrement would overflow"u8;

    public static ReadOnlySpan<byte> DecrementOverflow => "ERR decrement would overflow"u8;

    public static ReadOnlySpan<byte> IncrementNotFinite => "ERR increment would produce NaN or Infinity"u8;

    public static ReadOnlySpan<byte> OffsetOutOfRange => "ERR offset is out of range"u8;

    public static ReadOnlySpan<byte> StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8;

    public static ReadOnlySpan<byte> DatabaseOutOfRange => "ERR DB index is out of range"u8;

    public static ReadOnlySpan<byte> InvalidFirstDatabase => "ERR invalid first DB index"u8;

    public static ReadOnlySpan<byte> InvalidSecondDatabase => "ERR invalid second DB index"u8;

    public static ReadOnlySpan<byte> InvalidCursor => "ERR invalid cursor"u8;

    public static ReadOnlySpan<byte> ExpireNxWithOthers => "ERR NX and XX, GT or LT options at the same time are not compatible"u8;

    public static ReadOnlySpan<byte> ExpireGtWithLt => "ERR GT and LT options at the same time are not compatible"u8;

    /// <summary>Followed by the name of the command and <see cref="OfCommand"/>.</summary>
    public static ReadOnlySpan<byte> NeedsInputKey => "ERR at least 1 input key is needed for '"u8;

    public static ReadOnlySpan<byte> WeightNotFloat => "ERR weight value is not a float"u8;

    public static ReadOnlySpan<byte> MigrationKeys => "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"u8;

    public static ReadOnlySpan<byte> MigrationConnect => "IOERR error or timeout connecting to the client"u8;

    public static ReadOnlySpan<byte> MigrationWrite => "IOERR error or timeout writing to target instance"u8;

    public static ReadOnlySpan<byte> MigrationRead => "IOERR error or timeout reading to target instance"u8;

    public static ReadOnlySpan<byte> ScoresNotDouble => "ERR One or more scores can't be converted into double"u8;

    public static ReadOnlySpan<byte> ScoreNotANumber => "ERR resulting score is not a number (NaN)"u8;

    public static ReadOnlySpan<byte> ScoreXxWithNx => "ERR XX and NX options at the same time are not compatible"u8;

    public static ReadOnlySpan<byte> ScoreConditionsClash => "ERR GT, LT, and/or NX options at the same time are not compatible"u8;

    public static ReadOnlySpan<byte> ScoreIncrementsSeveral => "ERR INCR option supports a single increment-element pair"u8;

    public static ReadOnlySpan<byte> RangeNotFloat => "ERR min or max is not a float"u8;

    public static ReadOnlySpan<byte> RangeNotMember => "ERR min or max not valid string range item"u8;

    public static ReadOnlySpan<byte> LimitOfRanks => "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8;

    public static ReadOnlySpan<byte> ScoresOfMemberRange => "ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8;

    public static ReadOnlySpan<byte> UnknownUnit => "ERR unsupported unit provided. please use M, KM, FT, MI"u8;

    public static ReadOnlySpan<byte> RadiusNotNumber => "ERR need numeric radius"u8;

    public static ReadOnlySpan<byte> RadiusNegative => "ERR radius cannot be negative"u8;

    public static ReadOnlySpan<byte> WidthNotNumber => "ERR need numeric width"u8;

    public static ReadOnlySpan<byte> HeightNotNumber => "ERR need numeric height"u8;

    public static ReadOnlySpan<byte> BoxNegative => "ERR height or width cannot be negative"u8;

    public static ReadOnlySpan<byte> GeoMember => "ERR could not decode requested zset member"u8;

    public static ReadOnlySpan<byte> GeoCount => "ERR COUNT must be > 0"u8;

    public static ReadOnlySpan<byte> GeoAnyWithoutCount => "ERR the ANY argument requires COUNT argument"u8;

    public static ReadOnlySpan<byte> GeoRadiusStoreWith =>
        "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8;

    public static ReadOnlySpan<byte> GeoSearchStoreWith => "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"u8;

    /// <summary>Followed by the command as it was typed, as is the next one.</summary>
    public static ReadOnlySpan<byte> GeoNeedsCenter => "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "u8;

    public static ReadOnlySpan<byte> GeoNeedsShape => "ERR exactly one of BYRADIUS and BYBOX can be specified for "u8;

    /// <summary>Followed by the option.</summary>
    public static ReadOnlySpan<byte> UnsupportedOption => "ERR Unsupported option "u8;

    public static ReadOnlySpan<byte> IdleTimeWithLfu =>
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8;

    public static ReadOnlySpan<byte> FrequencyWithoutLfu =>
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8;

    public static ReadOnlySpan<byte> ProtocolNotInteger => "ERR Protocol version is not an integer or out of range"u8;

    public static ReadOnlySpan<byte> UnsupportedProtocol => "NOPROTO unsupported protocol version"u8;

    public static ReadOnlySpan<byte> WrongPassword => "WRONGPASS invalid username-password pair or user is disabled."u8;

    public static ReadOnlySpan<byte> NoPasswordConfigured =>
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8;

    public static ReadOnlySpan<byte> HelloNeedsAuthentication =>
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8;

    /// <summary>Followed by the option and <see cref="ClosingQuote"/>.</summary>
    public static ReadOnlySpan<byte> HelloSyntax => "ERR Syntax error in HELLO option '"u8;

    public static ReadOnlySpan<byte> OnlyNormalClientsReset => "ERR can only reset normal client connections"u8;

    public static ReadOnlySpan<byte> ClientName => "ERR Client names cannot contain spaces, newlines or special characters."u8;

    /// <summary>Preceded by the name of the attribute.</summary>
    public static ReadOnlySpan<byte> ClientAttribute => " cannot contain spaces, newlines or special characters."u8;

    /// <summary>Followed by the option and <see cref="ClosingQuote"/>.</summary>
    public static ReadOnlySpan<byte> UnrecognizedOption => "ERR Unrecognized option '"u8;

    public static ReadOnlySpan<byte> UnknownClientType => "ERR Unknown client type '"u8;

    public static ReadOnlySpan<byte> NoSuchUser => "ERR No such user '"u8;

    public static ReadOnlySpan<byte> ClosingQuote => "'"u8;

    public static ReadOnlySpan<byte> InvalidClientId => "ERR Invalid client ID"u8;

    public static ReadOnlySpan<byte> ClientIdPositive => "ERR client-id should be greater than 0"u8;

    public static ReadOnlySpan<byte> NoSuchClient => "ERR No such client"u8;

    public static ReadOnlySpan<byte> UnblockReason => "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8;

    public static ReadOnlySpan<byte> PauseMode => "ERR CLIENT PAUSE mode must be WRITE or ALL"u8;

    public static ReadOnlySpan<byte> TimeoutNotInteger => "ERR timeout is not an integer or out of range"u8;

    public static ReadOnlySpan<byte> TimeoutNotFloat => "ERR timeout is not a float or out of range"u8;

    public static ReadOnlySpan<byte> TimeoutNegative => "ERR timeout is negative"u8;

    public static ReadOnlySpan<byte> NoHashTable => "ERR The value stored at the specified key is not represented using an hash table"u8;

    public static ReadOnlySpan<byte> ReloadOptions => "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."u8;

    public static ReadOnlySpan<byte> OutOfRangeDatabase => "ERR Out of range database"u8;

    public static ReadOnlySpan<byte> NotListpack => "ERR Not a listpack encoded object."u8;

    public static ReadOnlySpan<byte> NotQuicklist => "ERR Not a quicklist encoded object."u8;

    public static ReadOnlySpan<byte> NeedsResp3 => "ERR RESP2 is not supported by this command"u8;

    public static ReadOnlySpan<byte> ProtocolExample =>
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"u8;

    public static ReadOnlySpan<byte> LcsOfOtherType => "ERR The specified keys must contain string values"u8;

    public static ReadOnlySpan<byte> LcsLengthAndIndexes => "ERR If you want both the length and indexes, please just use IDX."u8;

    public static ReadOnlySpan<byte> LcsTooLong => "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8;

    public static ReadOnlySpan<byte> SlowLogCount => "ERR count should be greater than or equal to -1"u8;

    public static ReadOnlySpan<byte> MonitorInTransaction => "ERR MONITOR isn't allowed for DENY BLOCKING client"u8;

    /// <summary>Followed by the event and <see cref="ClosingQuote"/>.</summary>
    public static ReadOnlySpan<byte> NoLatencySamples => "ERR No samples available for event '"u8;

    public static ReadOnlySpan<byte> DebugNotAllowed =>
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."u8;

    /// <summary>Followed by the subcommand and where to find help.</summary>
    public static ReadOnlySpan<byte> UnknownSubcommand => "ERR unknown subcommand or wrong number of arguments for '"u8;

    /// <summary>Followed by the name of the command and <see cref="OfCommand"/>.</summary>
    public static ReadOnlySpan<byte> WrongArity => "ERR wrong number of arguments for '"u8;

    /// <summary>Followed by the name of the command and <see cref="OfCommand"/>.</summary>
    public static ReadOnlySpan<byte> InvalidExpireTime => "ERR invalid expire time in '"u8;

    public static ReadOnlySpan<byte> OfCommand => "' command"u8;
}
