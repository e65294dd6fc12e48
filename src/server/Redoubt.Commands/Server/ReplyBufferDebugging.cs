namespace Redoubt.Commands;

/// <summary>DEBUG REPLYBUFFER: when reply buffers change their size.</summary>
internal static class ReplyBufferDebugging
{
    public static bool TryRun(CommandContext c)
    {
        if (c.Count != 4 || !c.Is(1, "REPLYBUFFER"u8))
            return false;
        SetReplyBuffers(c);
        return true;
    }

    private static void SetReplyBuffers(CommandContext c)
    {
        IReplyBuffers buffers = c.Ports.ReplyBuffers!;
        if (c.Is(2, "RESIZING"u8))
        {
            buffers.AreResized = Debugging.LeadingNumber(c[3]) != 0;
        }
        else if (!c.Is(2, "PEAK-RESET-TIME"u8))
        {
            c.SubcommandError();
            return;
        }
        else if (c.Is(3, "NEVER"u8))
        {
            buffers.PeakResetMs = -1;
        }
        else if (c.Is(3, "RESET"u8))
        {
            buffers.ResetPeakReset();
        }
        else
        {
            if (!c.TryInteger(3, out long milliseconds))
                return;
            buffers.PeakResetMs = milliseconds;
        }
        c.Reply.Ok();
    }
}
