using System.Text;
using static System.FormattableString;

namespace Redoubt.Commands;

/// <summary>MEMORY DOCTOR: the symptoms that Redis looks for, with its thresholds; the advice is for this server.</summary>
internal static class MemoryDoctor
{
    private const long TooLittleToTell = 5L << 20;
    private const long WorthMentioning = 10L << 20;
    private const long PerClientMax = 200L << 10;

    public static string Report(in MemoryFigures now)
    {
        if (now.Used < TooLittleToTell)
        {
            return "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. "
                + "Please, leave for your mission on Earth and fill it with some data. "
                + "The new Sam and I will be back to our programming as soon as I finished rebooting.\n";
        }
        List<string> findings = [];
        AddUse(now, findings);
        AddBuffers(now, findings);
        if (findings.Count == 0)
            return "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n";
        StringBuilder text = new("Sam, I detected a few issues in this Redis instance memory implants:\n\n");
        foreach (string finding in findings)
            text.Append(" * ").Append(finding).Append("\n\n");
        return text.Append("I'm here to keep you safe, Sam. I want to help you.\n").ToString();
    }

    private static void AddUse(in MemoryFigures now, List<string> findings)
    {
        if ((double)now.Peak / now.Used > 1.5)
            findings.Add("Peak memory: there was a time when more than one and a half times the present memory was used. What was freed since may still be resident; "
                + "it is used again before the system is asked for more. MEMORY PURGE gives back what can be given back.");
        if (now.Fragmentation > 1.4 && now.Resident - now.Used > WorthMentioning)
            findings.Add(Invariant($"High total RSS: the process holds {now.Fragmentation:0.00} times what is in use. After a peak (see above) that is normal. Otherwise look at the next lines."));
        if (now.HeapFragmentation > 1.1 && now.Active - now.Allocated > WorthMentioning)
            findings.Add(Invariant($"High allocator fragmentation: the heap holds {now.HeapFragmentation:0.00} times what its blocks need, because blocks of many sizes were freed here and there.")
                + " New values of these sizes fill the gaps; MEMORY MALLOC-STATS shows which sizes they are.");
        if (now.HeapResidency > 1.1 && now.Resident - now.Active > WorthMentioning)
            findings.Add(Invariant($"High allocator RSS overhead: {now.HeapResidency:0.00} times what the heap holds is resident: buffers of clients, memory on its way back to the system, the runtime's own growth.")
                + " MEMORY PURGE gives back what can be given back.");
        if (now.ProcessOverhead > 1.1 && now.ProcessResident - now.Resident > WorthMentioning)
            findings.Add(Invariant($"High process RSS overhead: the runtime takes {(now.ProcessResident - now.Resident) >> 20} MB. It does not grow with the dataset, so its share falls as that grows."));
    }

    private static void AddBuffers(in MemoryFigures now, List<string> findings)
    {
        if (now.ReplicaCount > 0 && now.ReplicaClients > WorthMentioning)
            findings.Add("Big replica buffers: more than 10 MB wait for replicas. A replica or the network to it is too slow; INFO replication shows which one lags.");
        if (now.NormalClients / Math.Max(1, now.NormalClientCount) > PerClientMax)
            findings.Add("Big client buffers: clients take more than 200 KB each on average, because they do not read their replies or send very large requests. CLIENT LIST shows which ones (omem, qbuf, tot-mem).");
    }
}
