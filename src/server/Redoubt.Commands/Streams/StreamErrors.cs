namespace Redoubt.Commands;

/// <summary>The errors that only stream commands give; see <see cref="Errors"/>.</summary>
internal static class StreamErrors
{
    public static ReadOnlySpan<byte> InvalidId => "ERR Invalid stream ID specified as stream command argument"u8;

    public static ReadOnlySpan<byte> InvalidStart => "ERR invalid start ID for the interval"u8;

    public static ReadOnlySpan<byte> InvalidEnd => "ERR invalid end ID for the interval"u8;

    public static ReadOnlySpan<byte> TwoStrategies => "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8;

    public static ReadOnlySpan<byte> MaxLengthNegative => "ERR The MAXLEN argument must be >= 0."u8;

    public static ReadOnlySpan<byte> LimitNegative => "ERR The LIMIT argument must be >= 0."u8;

    public static ReadOnlySpan<byte> LimitWithoutStrategy => "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8;

    public static ReadOnlySpan<byte> TrimWithoutStrategy => "ERR syntax error, XTRIM must be called with a trimming strategy"u8;

    public static ReadOnlySpan<byte> LimitOfExactTrim => "ERR syntax error, LIMIT cannot be used without the special ~ option"u8;

    public static ReadOnlySpan<byte> IdZero => "ERR The ID specified in XADD must be greater than 0-0"u8;

    public static ReadOnlySpan<byte> IdsExhausted => "ERR The stream has exhausted the last possible ID, unable to add more items"u8;

    public static ReadOnlySpan<byte> IdTooSmall => "ERR The ID specified in XADD is equal or smaller than the target stream top item"u8;

    public static ReadOnlySpan<byte> EntryTooLarge => "ERR Elements are too large to be stored"u8;

    public static ReadOnlySpan<byte> Unbalanced => "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."u8;

    public static ReadOnlySpan<byte> GroupOfXRead => "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8;

    public static ReadOnlySpan<byte> NoAckOfXRead => "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8;

    public static ReadOnlySpan<byte> GroupMissing => "ERR Missing GROUP option for XREADGROUP"u8;

    public static ReadOnlySpan<byte> LastIdOfXReadGroup =>
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."u8;

    public static ReadOnlySpan<byte> NewIdOfXRead =>
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8;

    public static ReadOnlySpan<byte> BlockedGroupGone => "NOGROUP the consumer group this client was blocked on no longer exists"u8;

    /// <summary>Followed by the key, <see cref="OrGroup"/>, the group and an end.</summary>
    public static ReadOnlySpan<byte> NoSuchKeyOrGroup => "NOGROUP No such key '"u8;

    public static ReadOnlySpan<byte> OrGroup => "' or consumer group '"u8;

    public static ReadOnlySpan<byte> InXReadGroup => "' in XREADGROUP with GROUP option"u8;

    /// <summary>Followed by the group, <see cref="ForKey"/>, the key and a quote.</summary>
    public static ReadOnlySpan<byte> NoSuchGroup => "NOGROUP No such consumer group '"u8;

    public static ReadOnlySpan<byte> ForKey => "' for key name '"u8;

    public static ReadOnlySpan<byte> GroupExists => "BUSYGROUP Consumer Group name already exists"u8;

    public static ReadOnlySpan<byte> KeyMustExist =>
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."u8;

    public static ReadOnlySpan<byte> EntriesRead => "ERR value for ENTRIESREAD must be positive or -1"u8;

    public static ReadOnlySpan<byte> EntriesAddedNegative => "ERR entries_added must be positive"u8;

    public static ReadOnlySpan<byte> SetIdBelowDeleted => "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8;

    public static ReadOnlySpan<byte> SetIdBelowTop => "ERR The ID specified in XSETID is smaller than the target stream top item"u8;

    public static ReadOnlySpan<byte> EntriesAddedBelowLength => "ERR The entries_added specified in XSETID is smaller than the target stream length"u8;

    public static ReadOnlySpan<byte> ClaimIdle => "ERR Invalid min-idle-time argument for XCLAIM"u8;

    public static ReadOnlySpan<byte> ClaimOptionIdle => "ERR Invalid IDLE option argument for XCLAIM"u8;

    public static ReadOnlySpan<byte> ClaimOptionTime => "ERR Invalid TIME option argument for XCLAIM"u8;

    public static ReadOnlySpan<byte> ClaimOptionRetryCount => "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8;

    /// <summary>Followed by the option and a quote.</summary>
    public static ReadOnlySpan<byte> ClaimOptionUnknown => "ERR Unrecognized XCLAIM option '"u8;

    public static ReadOnlySpan<byte> AutoClaimIdle => "ERR Invalid min-idle-time argument for XAUTOCLAIM"u8;

    public static ReadOnlySpan<byte> AutoClaimCount => "ERR COUNT must be > 0"u8;

    /// <summary>"NOGROUP No such key 'k' or consumer group 'g'", for the arguments with these numbers.</summary>
    public static void NoKeyOrGroup(CommandContext c, int keyIndex, int groupIndex, ReadOnlySpan<byte> end) =>
        TwoNames(c, NoSuchKeyOrGroup, c[keyIndex], OrGroup, c[groupIndex], end);

    /// <summary>"NOGROUP No such consumer group 'g' for key name 'k'".</summary>
    public static void NoGroup(CommandContext c, int keyIndex, int groupIndex) =>
        TwoNames(c, NoSuchGroup, c[groupIndex], ForKey, c[keyIndex], Errors.ClosingQuote);

    private static void TwoNames(
        CommandContext c, ReadOnlySpan<byte> before, ReadOnlySpan<byte> first, ReadOnlySpan<byte> between, ReadOnlySpan<byte> second, ReadOnlySpan<byte> after)
    {
        // Each name ends at a zero byte, as the whole would.
        int zero = first.IndexOf((byte)0);
        c.Error(before, [.. zero < 0 ? first : first[..zero], .. between, .. second], after);
    }
}
