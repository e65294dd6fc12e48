using System.Text;
using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance;

/// <summary>
/// One way in which replies may differ from Redis's on purpose, or must differ because they tell of the server itself. It is asked only
/// when the bytes differ.
/// </summary>
/// <param name="Reason">Why the difference is no fault.</param>
/// <param name="Applies">Which requests it speaks of.</param>
/// <param name="Same">Whether Redis's reply and Redoubt's mean the same; everything not covered by the reason must still be equal.</param>
/// <param name="OfErrors">Whether error replies may be explained by it; most differences are between two good replies.</param>
internal sealed record Difference(string Reason, Func<Request, bool> Applies, Func<RespValue, RespValue, bool> Same, bool OfErrors = false);

/// <summary>
/// All deliberate differences. Whatever is not in this table is compared byte for byte. Each entry is as narrow as its reason.
/// </summary>
internal static class Differences
{
    /// <summary>Between the two servers' executions of one command passes the time of at most one batch.</summary>
    private const long ClockSlackMs = 2_500;

    /// <summary>Integers beyond this are times.</summary>
    private const long FirstClockMs = 1_000_000_000_000;

    public static IReadOnlyList<Difference> All { get; } =
    [
        new("Time passes between the two servers' executions of a relative expiry and of its reading.",
            r => r.Is("TTL") || r.Is("EXPIRETIME"), (a, b) => Near(a, b, 1 + (ClockSlackMs / 1000))),
        new("Time passes between the two servers' executions of a relative expiry and of its reading, in milliseconds.",
            r => r.Is("PTTL") || r.Is("PEXPIRETIME"), (a, b) => Near(a, b, ClockSlackMs)),
        new("Time passes since an entry of a stream was given out.",
            r => r.Is("XPENDING"), (a, b) => SameTree(a, b, (place, parent, x, y) => place == 2 && parent.Items.Count == 4 && Near(x, y, ClockSlackMs))),
        new("Consumers were last seen, and pending entries given out, by each server's clock.",
            r => r.Is("XINFO", "STREAM"), (a, b) => SameTree(a, b, (_, _, x, y) => x.Integer > FirstClockMs && Near(x, y, ClockSlackMs))),
        new("Time passes since a consumer was last seen.",
            r => r.Is("XINFO", "CONSUMERS"), (a, b) => SameTree(a, b, (place, parent, x, y) => place > 0 && parent[place - 1].Text == "idle" && Near(x, y, ClockSlackMs))),
        new("Time passes between the two servers' accesses to a key and the question how long ago they were.",
            r => r.Is("OBJECT", "IDLETIME"), (a, b) => Near(a, b, 1 + (ClockSlackMs / 1000))),
        new("A small integer is one object in Redis, and was last used when any key with that value was, if it was set without being looked at.",
            r => r.Is("OBJECT", "IDLETIME"), (a, b) => a.Type == RespType.Integer && a.Integer > 0 && b.Type == RespType.Integer && b.Integer is 0 or 1),
        new("Redis takes a right number for a wrong one when one before it, in whatever command, was out of the range of doubles: it looks at what is left of that error.",
            r => r.Is("SORT") || r.Is("SORT_RO"), (a, b) => a.Text == "ERR One or more scores can't be converted into double" && !b.IsError, OfErrors: true),
        new("The lines of HELP are each project's own prose; the first, which names the command, and the last two are compared.",
            r => r.Subcommand == "HELP", (a, b) => a.Items.Count > 3 && b.Items.Count > 3 && a[0].SameTree(b[0]) && a.Items.TakeLast(2).Zip(b.Items.TakeLast(2)).All(pair => pair.First.SameTree(pair.Second))),
        new("How much memory a key takes is each server's own matter.",
            r => r.Is("MEMORY", "USAGE"), (a, b) => a.Integer > 0 && b.Integer > 0),
        new("What there is to be said of a server's memory is said of each by itself: the fields are compared, and that there is a text.",
            r => r.Is("MEMORY", "STATS") || r.Is("MEMORY", "DOCTOR") || r.Is("MEMORY", "MALLOC-STATS"), SameFieldNames),
        new("The order of KEYS is the order of a table with a random seed.",
            r => r.Is("KEYS"), SameMembers),
        new("Client ids are counted by each server for itself.",
            r => r.Is("CLIENT", "ID"), (a, b) => a.Type == RespType.Integer && b.Type == RespType.Integer && b.Integer > 0),
        new("CLIENT LIST and CLIENT INFO tell of ids, addresses, ages and buffers: the fields, and the name and db in them, are compared.",
            r => r.Is("CLIENT", "LIST") || r.Is("CLIENT", "INFO"), SameClientFields),
        new("HELLO names the connection's id and the server's version.",
            r => r.Is("HELLO"), (a, b) => SameExceptFields(a, b, "id", "version")),
        new("The clock.",
            r => r.Is("TIME"), (a, b) => a.Items.Count == 2 && b.Items.Count == 2 && Math.Abs(Number(a[0]) - Number(b[0])) <= 2 && Number(b[1]) is >= 0 and < 1_000_000),
        new("The time of the last save is first the time of the start.",
            r => r.Is("LASTSAVE"), (a, b) => Near(a, b, 60)),
        new("CONFIG GET gives its pairs in the order of a table with a random seed.",
            r => r.Is("CONFIG", "GET"), SamePairs),
        new("Redoubt does not have all of Redis's commands.",
            r => r.Is("COMMAND", "COUNT"), (a, b) => b.Type == RespType.Integer && b.Integer > 0 && b.Integer <= a.Integer),
        new("Redoubt does not have all of Redis's commands, and has CLIENT SETINFO and WAITAOF of 7.2; the order is that of a table with a random seed.",
            r => r.Is("COMMAND", "LIST"), (a, b) => a.Type == b.Type && Texts(b).ToHashSet().IsSubsetOf(Texts(a).Append("client|setinfo").Append("waitaof")) && (b.Items.Count > 0 || a.Items.Count == 0)),
        new("CLIENT SETINFO came with Redis 7.2, and client libraries of today send it; Redis 7.0 does not know it.",
            r => r.Is("CLIENT", "SETINFO"), (a, b) => a.IsError && (b.Text == "OK" || b.IsError), OfErrors: true),
        new("WAITAOF came with Redis 7.2; Redis 7.0 does not know it.",
            r => r.Is("WAITAOF"), (a, b) => a.IsError && (b.Items.Count == 2 || b.IsError), OfErrors: true),
        new("Flags and categories are sets without an order.",
            r => r.Is("COMMAND", "INFO"), SameUnordered),
        new("Summaries and the wording of complexity are each project's own prose; arguments are documented in the summary.",
            r => r.Is("COMMAND", "DOCS"), SameDocumentation),
        new("Replication offsets count bytes that each server sent by its own clock.",
            r => r.Is("ROLE"), (a, b) => a.Items.Count == 3 && b.Items.Count == 3 && a[0].SameTree(b[0]) && b[1].Type == RespType.Integer && b[2].Items.Count == 0),
    ];

    /// <summary>The difference that explains the two replies, if there is one.</summary>
    public static Difference? Explain(Request request, RespValue expected, RespValue actual) =>
        All.FirstOrDefault(d => d.Applies(request) && (d.OfErrors || !(expected.IsError || actual.IsError)) && d.Same(expected, actual));

    private static bool Near(RespValue a, RespValue b, long tolerance) =>
        a.Type == RespType.Integer && b.Type == RespType.Integer && a.Integer >= 0 && b.Integer >= 0 && Math.Abs(a.Integer - b.Integer) <= tolerance;

    /// <summary>Whether two replies are the same but for integers of which <paramref name="isNear"/> says so, given their place in the array around them.</summary>
    private static bool SameTree(RespValue a, RespValue b, Func<int, RespValue, RespValue, RespValue, bool> isNear)
    {
        if (a.SameTree(b))
        {
            return true;
        }

        return a.Type == b.Type && a.Items.Count > 0 && a.Items.Count == b.Items.Count && Enumerable.Range(0, a.Items.Count).All(i =>
            (a[i].Type == RespType.Integer && b[i].Type == RespType.Integer && isNear(i, a, a[i], b[i])) || SameTree(a[i], b[i], isNear));
    }

    private static long Number(RespValue value) => long.TryParse(value.Text, out long number) ? number : -1;

    private static IEnumerable<string> Texts(RespValue value) => value.Items.Select(i => i.Text);

    private static bool SameFieldNames(RespValue a, RespValue b) => a.Type == b.Type && a.Items.Count == b.Items.Count
        && a.Items.Where((_, i) => i % 2 == 0).Zip(b.Items.Where((_, i) => i % 2 == 0)).All(pair => pair.First.SameTree(pair.Second)) && (a.Items.Count > 0 || b.Bytes.Length > 0);

    private static bool SameMembers(RespValue a, RespValue b) =>
        a.Type == b.Type && Texts(a).Order(StringComparer.Ordinal).SequenceEqual(Texts(b).Order(StringComparer.Ordinal));

    private static bool SamePairs(RespValue a, RespValue b) => a.Type == b.Type && a.Items.Count == b.Items.Count
        && Pairs(a).Order(StringComparer.Ordinal).SequenceEqual(Pairs(b).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Pairs(RespValue value) => value.Items.Chunk(2).Select(p => string.Join('\0', p.Select(v => v.Text)));

    private static bool SameExceptFields(RespValue a, RespValue b, params string[] fields)
    {
        if (a.Type != b.Type || a.Items.Count != b.Items.Count)
        {
            return false;
        }

        for (int i = 0; i < a.Items.Count; i += 2)
        {
            bool ignored = fields.Contains(a[i].Text);
            if (!a[i].SameTree(b[i]) || (ignored ? a[i + 1].Type != b[i + 1].Type : !a[i + 1].SameTree(b[i + 1])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameClientFields(RespValue a, RespValue b)
    {
        if (a.Type != b.Type)
        {
            return false;
        }

        (string Name, string Value)[] left = ClientFields(a);
        // What CLIENT SETINFO (of Redis 7.2) sets is shown too.
        (string Name, string Value)[] right = [.. ClientFields(b).Where(f => f.Name is not ("lib-name" or "lib-ver"))];
        return left.Select(f => f.Name).SequenceEqual(right.Select(f => f.Name))
            && left.Where(f => f.Name is "name" or "db" or "cmd" or "user" or "resp").SequenceEqual(right.Where(f => f.Name is "name" or "db" or "cmd" or "user" or "resp"));
    }

    /// <summary>The fields of the last line, which is the asking connection's: it is the youngest.</summary>
    private static (string Name, string Value)[] ClientFields(RespValue reply)
    {
        string line = reply.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        return [.. line.Split(' ').Select(f => f.Split('=', 2)).Select(f => (f[0], f.Length > 1 ? f[1] : ""))];
    }

    private static bool SameUnordered(RespValue a, RespValue b) => Unordered(a) == Unordered(b);

    private static string Unordered(RespValue value)
    {
        if (value.Items.Count == 0)
        {
            return value.ToString();
        }

        IEnumerable<string> items = value.Items.Select(Unordered);
        bool isSetOfWords = value.Type == RespType.Set || value.Items.All(i => i.Type == RespType.SimpleString);
        return new StringBuilder().Append(value.Type).Append('[').AppendJoin(' ', isSetOfWords ? items.Order(StringComparer.Ordinal) : items).Append(']').ToString();
    }

    private static bool SameDocumentation(RespValue a, RespValue b)
    {
        if (a.Type != b.Type || a.Items.Count != b.Items.Count)
        {
            return false;
        }

        for (int i = 0; i < a.Items.Count; i += 2)
        {
            if (!a[i].SameTree(b[i]) || !SameField(a[i + 1], b[i + 1], "since") || !SameField(a[i + 1], b[i + 1], "group")
                || b[i + 1].Field("summary") is not { Bytes.Length: > 0 })
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameField(RespValue a, RespValue b, string field) => a.Field(field)?.Text == b.Field(field)?.Text;
}
