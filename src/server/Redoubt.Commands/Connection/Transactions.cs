// A transaction is a queue of commands in front of the dispatcher, which therefore carries these out.

namespace Redoubt.Commands;

internal static class Transactions
{
    [Command("MULTI", 1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Acl = "transaction", Group = "transactions", Since = "1.2.0", Summary = "Mark the start of a transaction block",
        Complexity = "O(1)")]
    public static void Multi(CommandContext c) => c.Ports.Transactions.Begin(c);

    [Command("EXEC", 1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.SkipSlowlog,
        Acl = "transaction", Group = "transactions", Since = "1.2.0", Summary = "Execute all commands issued after MULTI",
        Complexity = "Depends on commands in the transaction")]
    public static void Exec(CommandContext c) => c.Ports.Transactions.Execute(c);

    [Command("DISCARD", 1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Acl = "transaction", Group = "transactions", Since = "2.0.0", Summary = "Discard all commands issued after MULTI",
        Complexity = "O(N), when N is the number of queued commands")]
    public static void Discard(CommandContext c) => c.Ports.Transactions.Discard(c);

    [Command("WATCH", -2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        FirstKey = 1, LastKey = -1, KeyStep = 1, KeyFlags = "RO", Acl = "transaction", Group = "transactions", Since = "2.2.0",
        Summary = "Watch the given keys to determine execution of the MULTI/EXEC block", Complexity = "O(1) for every key.",
        Syntax = "key#0+")]
    public static void Watch(CommandContext c) => c.Ports.Transactions.Watch(c);

    [Command("UNWATCH", 1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.AllowBusy,
        Acl = "transaction", Group = "transactions", Since = "2.2.0", Summary = "Forget about all watched keys", Complexity = "O(1)")]
    public static void Unwatch(CommandContext c) => c.Ports.Transactions.Unwatch(c);
}
