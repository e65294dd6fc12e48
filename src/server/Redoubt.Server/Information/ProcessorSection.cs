using Redoubt.Native;

namespace Redoubt.Server.Information;

/// <summary>Processor time. The main thread is the keyspace thread, which is the one that asks.</summary>
internal static class ProcessorSection
{
    public static void Write(InfoText text)
    {
        ProcessorTime process = ProcessorTime.OfProcess;
        ProcessorTime children = ProcessorTime.OfChildren;
        ProcessorTime thread = ProcessorTime.OfThread;
        text.Section("CPU");
        text.Seconds("used_cpu_sys", process.SystemMicroseconds);
        text.Seconds("used_cpu_user", process.UserMicroseconds);
        text.Seconds("used_cpu_sys_children", children.SystemMicroseconds);
        text.Seconds("used_cpu_user_children", children.UserMicroseconds);
        text.Seconds("used_cpu_sys_main_thread", thread.SystemMicroseconds);
        text.Seconds("used_cpu_user_main_thread", thread.UserMicroseconds);
    }
}
