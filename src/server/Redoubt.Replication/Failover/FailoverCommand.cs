using System.Text;

namespace Redoubt.Replication;

/// <summary>FAILOVER's arguments: <c>[TO host port [FORCE]] [ABORT] [TIMEOUT ms]</c>.</summary>
/// <param name="IsAbort">End the running one; valid only alone.</param>
/// <param name="Host">The target, or null for any.</param>
/// <param name="Port">The target's port, as it came: it is only compared.</param>
/// <param name="Force">Hand over at the timeout even if the target lags.</param>
/// <param name="TimeoutMs">0 for none.</param>
public sealed record FailoverCommand(bool IsAbort, string? Host = null, long Port = 0, bool Force = false, long TimeoutMs = 0)
{
    /// <summary>Reads the arguments, the name included; on false <paramref name="error"/> is the error text without its dash.</summary>
    public static bool TryParse<TArguments>(scoped TArguments arguments, out FailoverCommand command, out string error)
        where TArguments : IArguments, allows ref struct
    {
        command = new FailoverCommand(IsAbort: false);
        error = "";
        if (arguments.Count == 2 && StrictInteger.EqualsWord(arguments[1], "abort"u8))
        {
            command = new FailoverCommand(IsAbort: true);
            return true;
        }

        for (int i = 1; i < arguments.Count; i++)
        {
            ReadOnlySpan<byte> word = arguments[i];
            if (StrictInteger.EqualsWord(word, "timeout"u8) && i + 1 < arguments.Count && command.TimeoutMs == 0)
            {
                if (!TryNumber(arguments[++i], out long timeoutMs, ref error))
                    return false;
                if (timeoutMs <= 0)
                {
                    error = "ERR FAILOVER timeout must be greater than 0";
                    return false;
                }

                command = command with { TimeoutMs = timeoutMs };
            }
            else if (StrictInteger.EqualsWord(word, "to"u8) && i + 2 < arguments.Count && command.Host is null)
            {
                if (!TryNumber(arguments[i + 2], out long port, ref error))
                    return false;
                command = command with { Host = Encoding.UTF8.GetString(arguments[i + 1]), Port = port };
                i += 2;
            }
            else if (StrictInteger.EqualsWord(word, "force"u8) && !command.Force)
            {
                command = command with { Force = true };
            }
            else
            {
                error = "ERR syntax error";
                return false;
            }
        }

        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out long value, ref string error)
    {
        if (StrictInteger.TryParse(text, out value))
            return true;
        error = "ERR value is not an integer or out of range";
        return false;
    }
}
