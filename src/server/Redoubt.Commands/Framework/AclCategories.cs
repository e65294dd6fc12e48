// The command categories of ACL rules ("+@read"). Which of them a command is in, the generator works out from its flags and
// its `Acl` words.

namespace Redoubt.Commands;

/// <summary>In the order in which Redis lists them.</summary>
[Flags]
public enum AclCategories
{
    None = 0,
    Keyspace = 1 << 0,
    Read = 1 << 1,
    Write = 1 << 2,
    Set = 1 << 3,
    SortedSet = 1 << 4,
    List = 1 << 5,
    Hash = 1 << 6,
    String = 1 << 7,
    Bitmap = 1 << 8,
    HyperLogLog = 1 << 9,
    Geo = 1 << 10,
    Stream = 1 << 11,
    PubSub = 1 << 12,
    Admin = 1 << 13,
    Fast = 1 << 14,
    Slow = 1 << 15,
    Blocking = 1 << 16,
    Dangerous = 1 << 17,
    Connection = 1 << 18,
    Transaction = 1 << 19,
    Scripting = 1 << 20,
}

public static class AclCategoryNames
{
    /// <summary>The category of this name, in upper or lower case, without '@'.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out AclCategories category)
    {
        foreach (AclCategories candidate in Enum.GetValues<AclCategories>())
        {
            if (candidate != AclCategories.None && System.Text.Ascii.EqualsIgnoreCase(name, candidate.ToString()))
            {
                category = candidate;
                return true;
            }
        }
        category = AclCategories.None;
        return false;
    }
}
