using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

/// <summary>Who may do what can harm: nobody, everybody, or connections from this machine.</summary>
internal enum Permission
{
    No,
    Yes,
    Local,
}

internal enum PubSubDefault
{
    ResetChannels,
    AllChannels,
}

internal sealed class SecurityDirectives(DirectiveTable table)
{
    private static readonly (string Word, Permission Value)[] Permissions =
        [("no", Permission.No), ("yes", Permission.Yes), ("local", Permission.Local)];

    public TextDirective RequirePass { get; } = table.Text("requirepass", Sensitive);

    public TextDirective AclFile { get; } = table.TextOr("aclfile", "", Immutable | NotInEffect);

    public ChoiceDirective<PubSubDefault> AclPubSubDefault { get; } = table.Choice("acl-pubsub-default", PubSubDefault.ResetChannels,
        [("allchannels", PubSubDefault.AllChannels), ("resetchannels", PubSubDefault.ResetChannels)], NotInEffect);

    public NumberDirective AclLogMaxLen { get; } = table.Number("acllog-max-len", 128, 0, long.MaxValue, NotInEffect);

    public ChoiceDirective<Permission> EnableProtectedConfigs { get; } =
        table.Choice("enable-protected-configs", Permission.No, Permissions, Immutable);

    public ChoiceDirective<Permission> EnableDebugCommand { get; } =
        table.Choice("enable-debug-command", Permission.No, Permissions, Immutable);

    public ChoiceDirective<Permission> EnableModuleCommand { get; } =
        table.Choice("enable-module-command", Permission.No, Permissions, Immutable | NotInEffect);
}
