// The options that SET and GETEX share. Redis lets an option be repeated but not contradicted, whatever the order: each one
// names what may not stand beside it.

namespace Redoubt.Commands;

internal struct SetOptions
{
    [Flags]
    private enum Option
    {
        None = 0,
        Nx = 1,
        Xx = 2,
        Get = 4,
        KeepTtl = 8,
        Persist = 16,
        Ex = 32,
        Px = 64,
        ExAt = 128,
        PxAt = 256,
        AnyExpiry = Ex | Px | ExAt | PxAt,
    }

    private Option _given;
    private int _expireArgument;

    public readonly bool IfMissing => Has(Option.Nx);

    public readonly bool IfExists => Has(Option.Xx);

    public readonly bool ReturnsOld => Has(Option.Get);

    public readonly bool KeepsExpiry => Has(Option.KeepTtl);

    public readonly bool Persists => Has(Option.Persist);

    public readonly bool HasExpiry => Has(Option.AnyExpiry);

    /// <summary>EXAT or PXAT: only these can name a time that is past already.</summary>
    public readonly bool IsExpiryAbsolute => Has(Option.ExAt | Option.PxAt);

    /// <summary>Reads SET's options from argument 3 on; false when the syntax error was sent.</summary>
    public static bool TryParseSet(CommandContext c, out SetOptions options) => TryParse(c, 3, true, out options);

    /// <summary>Reads GETEX's options from argument 2 on; false when the syntax error was sent.</summary>
    public static bool TryParseGetEx(CommandContext c, out SetOptions options) => TryParse(c, 2, false, out options);

    /// <summary>The expiry as Unix milliseconds; false when an error was sent.</summary>
    public readonly bool TryExpireAt(CommandContext c, out long expireAtMs) =>
        c.TryExpireAt(_expireArgument, !IsExpiryAbsolute, Has(Option.Ex | Option.ExAt), out expireAtMs);

    private readonly bool Has(Option any) => (_given & any) != 0;

    private static bool TryParse(CommandContext c, int at, bool isSet, out SetOptions options)
    {
        options = default;
        for (; at < c.Count; at++)
        {
            Option option = Name(c[at], isSet);
            bool needsTime = (option & Option.AnyExpiry) != 0;
            if (option == Option.None || options.Has(Excluded(option)) || (needsTime && at + 1 == c.Count))
            {
                c.Error(Errors.Syntax);
                return false;
            }
            options._given |= option;
            if (needsTime)
                options._expireArgument = ++at;
        }
        return true;
    }

    private static Option Name(ReadOnlySpan<byte> word, bool isSet) => word.Length switch
    {
        2 when Is(word, "EX"u8) => Option.Ex,
        2 when Is(word, "PX"u8) => Option.Px,
        2 when isSet && Is(word, "NX"u8) => Option.Nx,
        2 when isSet && Is(word, "XX"u8) => Option.Xx,
        3 when isSet && Is(word, "GET"u8) => Option.Get,
        4 when Is(word, "EXAT"u8) => Option.ExAt,
        4 when Is(word, "PXAT"u8) => Option.PxAt,
        7 when isSet && Is(word, "KEEPTTL"u8) => Option.KeepTtl,
        7 when !isSet && Is(word, "PERSIST"u8) => Option.Persist,
        _ => Option.None,
    };

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(word, name);

    private static Option Excluded(Option option) => option switch
    {
        Option.Nx => Option.Xx,
        Option.Xx => Option.Nx,
        Option.Get => Option.None,
        Option.KeepTtl or Option.Persist => Option.AnyExpiry,
        _ => (Option.AnyExpiry & ~option) | Option.KeepTtl | Option.Persist,
    };
}
