namespace Redoubt.Commands.Sorting;

/// <summary>What SORT was told beside its key. Patterns and the destination are named by the numbers of their arguments.</summary>
internal sealed class SortOptions
{
    public bool IsDescending { get; private set; }

    public bool IsByText { get; set; }

    /// <summary>The order of the collection itself is wanted: BY a pattern without an asterisk.</summary>
    public bool KeepsOrder { get; set; }

    public long LimitOffset { get; private set; }

    /// <summary>-1 = all.</summary>
    public long LimitCount { get; private set; } = -1;

    /// <summary>0 = the elements themselves are compared.</summary>
    public int ByPattern { get; set; }

    /// <summary>Empty = the elements themselves are given out.</summary>
    public List<int> GetPatterns { get; } = [];

    /// <summary>0 = the result is the reply.</summary>
    public int Destination { get; private set; }

    /// <summary>False when the error was sent.</summary>
    public bool TryParse(CommandContext c, bool mayStore)
    {
        for (int i = 2; i < c.Count; i++)
        {
            int left = c.Count - i - 1;
            if (c.Is(i, "ASC"u8))
            {
                IsDescending = false;
            }
            else if (c.Is(i, "DESC"u8))
            {
                IsDescending = true;
            }
            else if (c.Is(i, "ALPHA"u8))
            {
                IsByText = true;
            }
            else if (c.Is(i, "LIMIT"u8) && left >= 2)
            {
                if (!c.TryInteger(i + 1, out long offset) || !c.TryInteger(i + 2, out long count))
                    return false;
                (LimitOffset, LimitCount) = (offset, count);
                i += 2;
            }
            else if (mayStore && c.Is(i, "STORE"u8) && left >= 1)
            {
                Destination = ++i;
            }
            else if (c.Is(i, "BY"u8) && left >= 1)
            {
                ByPattern = ++i;
                KeepsOrder |= !PatternLookup.HasPlace(c[i]);
            }
            else if (c.Is(i, "GET"u8) && left >= 1)
            {
                GetPatterns.Add(++i);
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>Which of so many elements are wanted, by LIMIT: from <paramref name="first"/> on.</summary>
    public long Range(long length, out long first)
    {
        first = Math.Clamp(LimitOffset, 0, length);
        long left = length - first;
        return LimitCount < 0 ? left : Math.Min(LimitCount, left);
    }
}
