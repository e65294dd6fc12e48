// FAILOVER on the node that hands over: carries out what the machine in Redoubt.Replication decides, event by event.

using System.Text;
using Redoubt.Commands;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

internal sealed class FailoverDriver(ReplicationService service, ReplicaRegistry replicas, Pauses pauses)
{
    private readonly FailoverMachine _machine = new(replicas, service);

    public FailoverState State => _machine.State;

    public void Command(CommandContext c)
    {
        if (!FailoverCommand.TryParse(new CommandArguments(c), out FailoverCommand command, out string error))
        {
            c.Error(Encoding.ASCII.GetBytes(error));
            return;
        }
        FailoverStep step = _machine.OnCommand(command, service.Role, service.Stream.Offset, Clock.UnixMs);
        if (step.Error.Length > 0)
        {
            c.Error(Encoding.ASCII.GetBytes(step.Error));
            return;
        }
        c.Reply.Ok();
        Carry(step);
    }

    public void OnAck(ReplicaSession session)
    {
        if (_machine.State == FailoverState.WaitingForSync)
            Carry(_machine.OnAck(session, Clock.UnixMs));
    }

    public void OnHandshake(HandshakeEvent outcome) => Carry(_machine.OnHandshake(outcome, Clock.UnixMs));

    public void OnConnectionLost(bool failoverSent) => Carry(_machine.OnConnectionLost(failoverSent, Clock.UnixMs));

    public void Timer()
    {
        if (_machine.DeadlineMs is { } deadline && Clock.UnixMs >= deadline)
            Carry(_machine.OnTimer(Clock.UnixMs));
    }

    private void Carry(FailoverStep step)
    {
        foreach (FailoverAction action in step.Actions)
            Carry(action);
    }

    private void Carry(FailoverAction action)
    {
        switch (action)
        {
            case FailoverAction.PauseWrites:
                pauses.HoldForFailover();
                break;
            case FailoverAction.RequestAcks:
                service.Replicas.RequestAcks(evenInPause: true);
                break;
            case FailoverAction.FollowTarget:
                (string host, int port) = _machine.Target!.Value;
                service.Follow(new MasterAddress(host, port), handover: true);
                break;
            case FailoverAction.ReconnectPlainly:
                service.Master.EndHandover();
                break;
            case FailoverAction.BecomeMasterAgain:
                service.Promote();
                break;
            case FailoverAction.ResumeWrites:
                pauses.ReleaseFailover();
                break;
            case FailoverAction.ReconnectWithFailover:
                // The link tries again by itself, with FAILOVER for as long as the handover lasts.
                break;
        }
    }
}
