// Finds the keys in the arguments of any command, from its key specifications alone.
//
// Who needs it: COMMAND GETKEYS, and whatever must know the keys of a command that it does not carry out. A specification
// whose range does not fit the arguments makes the whole extraction fail: half a list of keys is worse than none.
//
// What a command does with a key may depend on its options (SET reads the old value when told GET). Those commands are
// marked VariableFlags and have a rule of their own here.

using System.Buffers.Text;

namespace Redoubt.Commands.Introspection;

/// <summary>The argument that is a key, and what is done with it.</summary>
public readonly record struct KeyUse(int Argument, KeySpecFlags Flags);

/// <summary>The arguments of a command, its name first.</summary>
public delegate ReadOnlySpan<byte> ArgumentAt(int index);

public static class KeyExtraction
{
    public static bool HasKeys(CommandDescriptor command) =>
        command.Keys.Any(spec => (spec.Flags & KeySpecFlags.NotKey) == 0);

    /// <summary>The keys in the order of the specifications; null if the arguments do not fit them.</summary>
    public static List<KeyUse>? Find(CommandDescriptor command, ArgumentAt arguments, int count)
    {
        if (command.Name == "migrate")
            return KeysToMigrate(arguments, count);
        var keys = new List<KeyUse>();
        foreach (KeySpec spec in command.Keys)
        {
            if ((spec.Flags & KeySpecFlags.NotKey) != 0)
                continue;
            KeySpecFlags flags = spec.Flags;
            if ((flags & KeySpecFlags.VariableFlags) != 0)
                flags = FlagsByOptions(command, flags, arguments, count);
            if (!TryFirst(spec, arguments, count, out int first))
                continue;
            if (!TryRange(spec, arguments, count, ref first, out int last, out int step))
                return null;
            for (int i = first; i <= last; i += step)
                keys.Add(new KeyUse(i, flags));
        }
        if (command.Name == "sort")
            AddDestinationOfSort(keys, arguments, count);
        return keys.Count > 0 ? keys : null;
    }

    /// <summary>What follows the last STORE that is not itself the value of another option.</summary>
    private static void AddDestinationOfSort(List<KeyUse> keys, ArgumentAt arguments, int count)
    {
        int destination = 0;
        for (int i = 2; i < count; i++)
        {
            if (Is(arguments(i), "LIMIT"u8))
                i += 2;
            else if (Is(arguments(i), "GET"u8) || Is(arguments(i), "BY"u8))
                i++;
            else if (Is(arguments(i), "STORE"u8) && i + 1 < count)
                destination = i + 1;
        }
        if (destination > 0)
            keys.Add(new KeyUse(destination, KeySpecFlags.Overwrite | KeySpecFlags.Update));
    }

    /// <summary>The third argument, or, when that is empty, all that follow KEYS.</summary>
    private static List<KeyUse>? KeysToMigrate(ArgumentAt arguments, int count)
    {
        const KeySpecFlags flags = KeySpecFlags.ReadWrite | KeySpecFlags.Access | KeySpecFlags.Delete;
        for (int i = 6; i < count; i++)
        {
            if (Is(arguments(i), "AUTH"u8))
                i++;
            else if (Is(arguments(i), "AUTH2"u8))
                i += 2;
            else if (!Is(arguments(i), "KEYS"u8))
                continue;
            else if (arguments(3).Length > 0)
                return null;
            else if (i + 1 < count)
                return [.. Enumerable.Range(i + 1, count - i - 1).Select(at => new KeyUse(at, flags))];
        }
        return [new KeyUse(3, flags)];
    }

    private static bool Is(ReadOnlySpan<byte> argument, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(argument, word);

    private static bool TryFirst(KeySpec spec, ArgumentAt arguments, int count, out int first)
    {
        first = spec.Start;
        if (spec.Search == KeySearch.Index)
            return true;
        if (spec.Search == KeySearch.Unknown)
            return false;
        int step = spec.Start > 0 ? 1 : -1;
        for (int i = spec.Start > 0 ? spec.Start : count + spec.Start; i > 0 && i < count; i += step)
        {
            if (!System.Text.Ascii.EqualsIgnoreCase(arguments(i), spec.Keyword))
                continue;
            first = i + 1;
            return true;
        }
        return false;
    }

    private static bool TryRange(KeySpec spec, ArgumentAt arguments, int count, ref int first, out int last, out int step)
    {
        last = 0;
        step = 1;
        if (spec.Find == KeyFind.Unknown)
            return false;
        if (spec.Find == KeyFind.Range)
        {
            step = spec.B;
            last = spec.A >= 0 ? first + spec.A : spec.C == 0 ? count + spec.A : first + (count - first) / spec.C + spec.A;
        }
        else
        {
            step = spec.C;
            int counter = first + spec.A;
            if (counter >= count || !Utf8Parser.TryParse(arguments(counter), out int keys, out int digits)
                || digits != arguments(counter).Length || keys < 0 || keys > count)
            {
                return false;
            }
            first += spec.B;
            last = first + (keys - 1) * step;
        }
        return first < count && last < count && last >= first;
    }

    /// <summary>SET writes over its key; with GET it reads it too. Of any other command the worst is assumed.</summary>
    private static KeySpecFlags FlagsByOptions(CommandDescriptor command, KeySpecFlags flags, ArgumentAt arguments, int count)
    {
        flags &= ~KeySpecFlags.VariableFlags;
        if (command.Name != "set")
            return flags;
        for (int i = 3; i < count; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(arguments(i), "GET"u8))
                return flags;
        }
        return KeySpecFlags.Overwrite | KeySpecFlags.Update;
    }
}
