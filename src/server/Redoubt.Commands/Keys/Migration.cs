// MIGRATE: keys go from this server to another, each one being at any time here or there.
//
// Each key is a RESTORE at the target, and goes here when that was answered well. In between no other command may see or change the keys, so the server
// does nothing else until the target has answered, as Redis: a target that hangs costs the time-out that the command names, for each piece that is sent
// and each answer. That is why the payloads are sent as they are made, a piece at a time, instead of being put together first.
//
// Connections are kept for a while. One that turns out to be dead is opened anew, once, if nothing was answered on it.
//
// Threads: the keyspace thread.

using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

internal static class Migration
{
    /// <summary>Payloads are sent when so much has come together.</summary>
    private const int PieceBytes = 64 * 1024;

    [Command("MIGRATE", -6, CommandFlags.Write | CommandFlags.MovableKeys, FirstKey = 3, LastKey = 3, KeyStep = 1,
        KeyFlags = "RW access delete @3; RW access delete incomplete @KEYS:-2 range(-1,1,0)", Acl = "keyspace dangerous", Group = "generic",
        Since = "2.6.0", Summary = "Atomically transfer a key from a Redis instance to another one.",
        Complexity = "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these "
            + "commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
        Syntax = "host port:integer key_or_empty_string(key#0|''!empty_string) destination-db:integer timeout:integer [COPY@3.0.0] [REPLACE@3.0.0] "
            + "[authentication([AUTH=password@4.0.7]|[AUTH2=username_password{username password}@6.0.0])] [KEYS=key#1@3.0.6+]",
        History = ["3.0.0: Added the `COPY` and `REPLACE` options.", "3.0.6: Added the `KEYS` option.", "4.0.7: Added the `AUTH` option.", "6.0.0: Added the `AUTH2` option."],
        Tips = ["nondeterministic_output"])]
    public static void Migrate(CommandContext c)
    {
        if (!Request.TryParse(c, out Request request))
            return;
        var keys = new List<int>();
        for (int i = request.FirstKey; i < request.FirstKey + request.KeyCount; i++)
        {
            if (c.Database.Read(c.Key(i)).Exists)
                keys.Add(i);
        }
        if (keys.Count == 0)
        {
            c.Reply.SimpleString("NOKEY"u8);
            return;
        }
        if (TryTransfer(c, request, keys, mayRetry: true) == Outcome.Retry)
            TryTransfer(c, request, keys, mayRetry: false);
    }

    private enum Outcome
    {
        Answered,

        /// <summary>The connection failed before the target had answered anything.</summary>
        Retry,
    }

    private static Outcome TryTransfer(CommandContext c, Request request, List<int> keys, bool mayRetry)
    {
        if (c.Ports.Migration.Open(c[1], c[2], request.TimeoutMs) is not { } link)
        {
            c.Error(Errors.MigrationConnect);
            return Outcome.Answered;
        }
        bool selects = link.Database != request.Database;
        if (!TrySend(c, request, keys, link, selects))
            return Fail(c, link, Errors.MigrationWrite, mayRetry);
        string? refusal = null;
        if ((request.HasPassword && !TryReadAnswer(link, request, ref refusal)) || (selects && !TryReadAnswer(link, request, ref refusal)))
            return Fail(c, link, Errors.MigrationRead, mayRetry);
        bool isPrepared = refusal is null;
        var moved = new List<int>();
        int answered = 0;
        for (; answered < keys.Count; answered++)
        {
            string? ofKey = null;
            if (!TryReadAnswer(link, request, ref ofKey))
                break;
            refusal ??= ofKey;
            if (isPrepared && ofKey is null && !request.Copies)
                moved.Add(keys[answered]);
        }
        bool isBroken = answered < keys.Count;
        if (isBroken && answered == 0 && refusal is null)
            return Fail(c, link, Errors.MigrationRead, mayRetry);
        Delete(c, moved);
        link.Database = refusal is null ? request.Database : -1;
        if (isBroken)
            link.Close();
        if (refusal is not null)
            c.Error($"ERR Target instance replied with error: {refusal}");
        else if (isBroken)
            c.Error(Errors.MigrationRead);
        else
            c.Reply.Ok();
        return Outcome.Answered;
    }

    private static Outcome Fail(CommandContext c, IMigrationLink link, ReadOnlySpan<byte> error, bool mayRetry)
    {
        link.Close();
        if (mayRetry && !link.IsTimedOut)
            return Outcome.Retry;
        c.Error(error);
        return Outcome.Answered;
    }

    /// <summary>False when the connection failed. An error of the target's goes to <paramref name="refusal"/>, unless there is one already.</summary>
    private static bool TryReadAnswer(IMigrationLink link, Request request, ref string? refusal)
    {
        if (!link.TryReadLine(request.TimeoutMs, out ReadOnlySpan<byte> line))
            return false;
        if (line.StartsWith("-"u8))
            refusal ??= System.Text.Encoding.UTF8.GetString(line[1..]);
        return true;
    }

    private static bool TrySend(CommandContext c, Request request, List<int> keys, IMigrationLink link, bool selects)
    {
        RespWriter piece = c.Scratch;
        if (request.HasPassword)
        {
            piece.Array(request.UserIndex > 0 ? 3 : 2);
            piece.Bulk("AUTH"u8);
            if (request.UserIndex > 0)
                piece.Bulk(c[request.UserIndex]);
            piece.Bulk(c[request.PasswordIndex]);
        }
        if (selects)
        {
            piece.Array(2);
            piece.Bulk("SELECT"u8);
            piece.BulkInteger(request.Database);
        }
        foreach (int index in keys)
        {
            Key key = c.Key(index);
            EntryView entry = c.Database.Peek(key);
            piece.Array(request.Replaces ? 5 : 4);
            piece.Bulk("RESTORE"u8);
            piece.Bulk(key.Bytes);
            piece.BulkInteger(entry.ExpireAtMs < 0 ? 0 : Math.Max(1, entry.ExpireAtMs - c.NowMs));
            piece.Bulk(c.Ports.Serialization.Dump(c.Database, key, entry));
            if (request.Replaces)
                piece.Bulk("REPLACE"u8);
            if (piece.Length < PieceBytes)
                continue;
            if (!link.TrySend(piece.Written, request.TimeoutMs))
                return false;
            piece.Clear();
        }
        return piece.Length == 0 || link.TrySend(piece.Written, request.TimeoutMs);
    }

    /// <summary>The keys that the target has taken in go here; replicas hear of that as one DEL.</summary>
    private static void Delete(CommandContext c, List<int> moved)
    {
        if (moved.Count == 0)
            return;
        Propagation words = c.Propagate.Instead(1 + moved.Count).Word("DEL"u8);
        foreach (int index in moved)
        {
            c.Database.Delete(c.Key(index));
            c.Notify(KeyspaceEvents.Generic, "del"u8, c[index]);
            words.Word(c[index]);
        }
    }

    private readonly record struct Request
    {
        public bool Copies { get; init; }

        public bool Replaces { get; init; }

        /// <summary>0 = none.</summary>
        public int UserIndex { get; init; }

        /// <summary>0 = none.</summary>
        public int PasswordIndex { get; init; }

        public int FirstKey { get; init; }

        public int KeyCount { get; init; }

        public long Database { get; init; }

        public long TimeoutMs { get; init; }

        public bool HasPassword => PasswordIndex > 0;

        /// <summary>False when the error was sent.</summary>
        public static bool TryParse(CommandContext c, out Request request)
        {
            request = new Request { FirstKey = 3, KeyCount = 1 };
            for (int i = 6; i < c.Count; i++)
            {
                int left = c.Count - i - 1;
                if (c.Is(i, "COPY"u8))
                {
                    request = request with { Copies = true };
                }
                else if (c.Is(i, "REPLACE"u8))
                {
                    request = request with { Replaces = true };
                }
                else if (c.Is(i, "AUTH"u8) && left >= 1)
                {
                    request = request with { PasswordIndex = ++i };
                    c.Redact(i);
                }
                else if (c.Is(i, "AUTH2"u8) && left >= 2)
                {
                    request = request with { UserIndex = i + 1, PasswordIndex = i + 2 };
                    c.Redact(i + 1);
                    c.Redact(i + 2);
                    i += 2;
                }
                else if (c.Is(i, "KEYS"u8))
                {
                    if (c[3].Length > 0)
                    {
                        c.Error(Errors.MigrationKeys);
                        return false;
                    }
                    request = request with { FirstKey = i + 1, KeyCount = left };
                    break;
                }
                else
                {
                    c.Error(Errors.Syntax);
                    return false;
                }
            }
            if (!c.TryInteger(5, out long timeout) || !c.TryInteger(4, out long database))
                return false;
            request = request with { TimeoutMs = timeout > 0 ? timeout : 1000, Database = database };
            return true;
        }
    }
}
