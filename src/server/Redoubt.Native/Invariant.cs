using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Redoubt.Native;

/// <summary>What must hold or the program is wrong. Checked in release builds too; a breach ends the process.</summary>
public static class Invariant
{
    /// <summary>Called with the text of a breach before the process ends; the server writes its crash report here.</summary>
    public static Action<string>? OnBreach { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That([DoesNotReturnIf(false)] bool holds, string rule)
    {
        if (!holds)
            Breach(rule);
    }

    /// <summary>The same with a rule that is put into words only when it is broken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That([DoesNotReturnIf(false)] bool holds, [InterpolatedStringHandlerArgument("holds")] ref RuleText rule)
    {
        if (!holds)
            Breach(rule.ToString());
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void Breach(string rule)
    {
        OnBreach?.Invoke(rule);
        throw new InvariantException(rule);
    }

    [InterpolatedStringHandler]
    public ref struct RuleText
    {
        private DefaultInterpolatedStringHandler _text;

        public RuleText(int literalLength, int formattedCount, bool holds, out bool shouldAppend)
        {
            shouldAppend = !holds;
            _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount);
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public override string ToString() => _text.ToStringAndClear();
    }
}

/// <summary>A broken invariant. Nobody catches it but the last handler of the process, and tests.</summary>
public sealed class InvariantException(string rule) : Exception("invariant broken: " + rule);
