// A failover runs code that has never run before in this process, at the one moment when every millisecond is a pause for all writers. So as soon as this server
// belongs to a group, a thread of the lowest priority has the methods of replication compiled, or their compiled form loaded, once.

using System.Reflection;
using System.Runtime.CompilerServices;
using Redoubt.Replication;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

internal static class Rehearsal
{
    private static int _begun;

    /// <summary>Called when a replica or a master is there; does something the first time only.</summary>
    public static void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
            new Thread(Prepare) { IsBackground = true, Priority = ThreadPriority.Lowest, Name = "redoubt-rehearsal" }.Start();
    }

    private static void Prepare()
    {
        string here = typeof(Rehearsal).Namespace!;
        IEnumerable<Type> types = typeof(FailoverMachine).Assembly.GetTypes()
            .Concat(typeof(ReplicationId).Assembly.GetTypes())
            .Concat(typeof(Rehearsal).Assembly.GetTypes().Where(type => type.Namespace == here));
        foreach (Type type in types)
        {
            if (!type.ContainsGenericParameters)
                Prepare(type);
        }
    }

    private static void Prepare(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (MethodBase method in type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors(all)))
        {
            if (!method.IsAbstract && !method.ContainsGenericParameters && method.GetMethodBody() is not null)
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
        }
    }
}
