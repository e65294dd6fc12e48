// Where a command's keys are: Redis's key specifications, in the form that key extraction works on.
//
// A specification first finds its first key (at an index, or after a keyword), then the others (a range, or a count that an
// argument holds). Made by the generated code from CommandAttribute; ACL checks, COMMAND GETKEYS and client-side caching
// read it.

namespace Redoubt.Commands;

[Flags]
public enum KeySpecFlags
{
    None = 0,
    ReadOnly = 1 << 0,
    ReadWrite = 1 << 1,
    Overwrite = 1 << 2,
    Remove = 1 << 3,
    Access = 1 << 4,
    Update = 1 << 5,
    Insert = 1 << 6,
    Delete = 1 << 7,
    NotKey = 1 << 8,

    /// <summary>There may be more keys than the specification finds.</summary>
    Incomplete = 1 << 9,

    /// <summary>What is done with the key depends on the arguments.</summary>
    VariableFlags = 1 << 10,
}

public enum KeySearch
{
    /// <summary>The first key is the argument <see cref="KeySpec.Start"/>.</summary>
    Index,

    /// <summary>The first key follows the keyword, which is looked for from argument <see cref="KeySpec.Start"/> on (negative: from the end, backwards).</summary>
    Keyword,

    /// <summary>No rule says where it is.</summary>
    Unknown,
}

public enum KeyFind
{
    /// <summary>A: the last key, counted from the first (negative: from the end). B: the step. C: 0, or the divisor of what follows.</summary>
    Range,

    /// <summary>A: the argument, counted from the first, that holds the number of keys. B: the first key, counted likewise. C: the step.</summary>
    Count,

    Unknown,
}

public sealed record KeySpec(KeySpecFlags Flags, KeySearch Search, string Keyword, int Start, KeyFind Find, int A, int B, int C);
