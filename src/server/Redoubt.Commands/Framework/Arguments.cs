// Reading arguments: each method either yields the value or has sent the error that redis-server sends, so that a command
// reads `if (!c.TryInteger(2, out long n)) return;`.

using Redoubt.Structures;

namespace Redoubt.Commands;

internal static class Arguments
{
    public static bool TryInteger(this CommandContext c, int index, out long value) =>
        c.TryInteger(index, out value, Errors.NotInteger);

    public static bool TryInteger(this CommandContext c, int index, out long value, ReadOnlySpan<byte> error)
    {
        if (IntegerText.TryParse(c[index], out value))
            return true;
        c.Error(error);
        return false;
    }

    /// <summary>An integer within bounds; <paramref name="error"/> stands for both complaints when given.</summary>
    public static bool TryInteger(this CommandContext c, int index, long min, long max, out long value, ReadOnlySpan<byte> error = default)
    {
        if (!c.TryInteger(index, out value, error.IsEmpty ? Errors.NotInteger : error))
            return false;
        if (value >= min && value <= max)
            return true;
        if (error.IsEmpty)
            c.Error($"ERR value is out of range, value must between {min} and {max}");
        else
            c.Error(error);
        return false;
    }

    /// <summary>An integer of 32 bits; <paramref name="error"/> stands for both complaints when given.</summary>
    public static bool TryInt32(this CommandContext c, int index, out int value, ReadOnlySpan<byte> error = default)
    {
        value = 0;
        if (!c.TryInteger(index, out long wide, error.IsEmpty ? Errors.NotInteger : error))
            return false;
        if (wide is < int.MinValue or > int.MaxValue)
        {
            c.Error(error.IsEmpty ? Errors.OutOfIntRange : error);
            return false;
        }
        value = (int)wide;
        return true;
    }

    public static bool TryPositive(this CommandContext c, int index, out long value)
    {
        if (IntegerText.TryParse(c[index], out value) && value >= 0)
            return true;
        c.Error(Errors.MustBePositive);
        return false;
    }

    public static bool TryDouble(this CommandContext c, int index, out double value) => c.TryDouble(index, out value, Errors.NotFloat);

    public static bool TryDouble(this CommandContext c, int index, out double value, ReadOnlySpan<byte> error)
    {
        if (DoubleText.TryParse(c[index], out value))
            return true;
        c.Error(error);
        return false;
    }

    /// <summary>A database that exists.</summary>
    public static bool TryDatabase(this CommandContext c, int index, out int database)
    {
        if (!c.TryInt32(index, out database))
            return false;
        if (database >= 0 && database < c.Keyspace.DatabaseCount)
            return true;
        c.Error(Errors.DatabaseOutOfRange);
        return false;
    }

    /// <summary>
    /// The time of an option like EX as Unix milliseconds. Zero and negative times are errors, unlike those of EXPIRE.
    /// </summary>
    public static bool TryExpireAt(this CommandContext c, int index, bool isRelative, bool isSeconds, out long expireAtMs)
    {
        if (!c.TryInteger(index, out expireAtMs))
            return false;
        if (expireAtMs <= 0 || (isSeconds && expireAtMs > long.MaxValue / 1000))
        {
            c.ExpireTimeError();
            return false;
        }
        if (isSeconds)
            expireAtMs *= 1000;
        if (isRelative)
        {
            if (expireAtMs > long.MaxValue - c.NowMs)
            {
                c.ExpireTimeError();
                return false;
            }
            expireAtMs += c.NowMs;
        }
        return true;
    }

    /// <summary>A timeout in milliseconds as the Unix time at which it ends; 0 stays 0.</summary>
    public static bool TryTimeoutMs(this CommandContext c, int index, out long untilMs)
    {
        bool isValid = c.TryDurationMs(index, out untilMs);
        if (untilMs > 0)
            untilMs += c.NowMs;
        return isValid;
    }

    /// <summary>A timeout in milliseconds.</summary>
    public static bool TryDurationMs(this CommandContext c, int index, out long durationMs)
    {
        if (!c.TryInteger(index, out durationMs, Errors.TimeoutNotInteger))
            return false;
        if (durationMs >= 0)
            return true;
        c.Error(Errors.TimeoutNegative);
        return false;
    }

    /// <summary>A timeout in seconds, which may have a fraction, as a duration in milliseconds.</summary>
    public static bool TryTimeoutSeconds(this CommandContext c, int index, out long timeoutMs)
    {
        if (IntegerText.TryParse(c[index], out long whole) && whole is >= 0 and <= int.MaxValue)
        {
            timeoutMs = whole * 1000;
            return true;
        }
        timeoutMs = 0;
        if (!LongDouble.TryParse(c[index], out LongDouble seconds))
        {
            c.Error(Errors.TimeoutNotFloat);
            return false;
        }
        // What is too long for a number is, to Redis, negative.
        if (!seconds.TryCeilingOfThousandfold(out timeoutMs) || timeoutMs < 0)
        {
            c.Error(Errors.TimeoutNegative);
            return false;
        }
        return true;
    }

    /// <summary>The argument as text, for names and patterns of the configuration.</summary>
    public static string Text(this CommandContext c, int index) => System.Text.Encoding.UTF8.GetString(c[index]);
}
