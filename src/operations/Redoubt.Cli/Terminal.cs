using System.Text;

namespace Redoubt.Cli;

// Output goes to two kinds of readers. A person at a terminal gets colour, and a table that is redrawn in place; a file or a
// pipe gets plain lines and not one control code. Which it is is asked once, here. NO_COLOR takes the colour away.
//
// Redrawing: the cursor goes up over the lines drawn last, each line is rewritten and its rest erased, so nothing flickers and what stood above
// stays. A line must never be wider than the window, or it would wrap and the count of lines would be wrong: lines are
// cut here, by visible characters. When the window changes its width the terminal may have re-wrapped old
// lines, and then only a cleared screen is certain.

/// <summary>How a piece of text stands out.</summary>
internal enum Tone
{
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

/// <summary>A line of output in pieces.</summary>
internal sealed class Line
{
    private readonly List<(string Text, Tone Tone)> _pieces = [];

    public Line(string text = "", Tone tone = Tone.Plain) => Add(text, tone);

    public Line Add(string text, Tone tone = Tone.Plain)
    {
        if (text.Length > 0)
            _pieces.Add((text, tone));
        return this;
    }

    /// <summary>The line cut to a width; 0 is no limit.</summary>
    public string ToText(bool coloured, int width)
    {
        var text = new StringBuilder();
        int left = width == 0 ? int.MaxValue : width;
        foreach ((string piece, Tone tone) in _pieces)
        {
            string part = piece.Length <= left ? piece : left > 0 ? piece[..(left - 1)] + "…" : "";
            left -= part.Length;
            if (coloured && tone != Tone.Plain && part.Length > 0)
                text.Append("\e[").Append(Code(tone)).Append('m').Append(part).Append("\e[0m");
            else
                text.Append(part);
        }

        return coloured ? text.ToString() : text.ToString().TrimEnd();
    }

    private static string Code(Tone tone) => tone switch
    {
        Tone.Strong => "1",
        Tone.Faint => "2",
        Tone.Good => "32",
        Tone.Warning => "33",
        _ => "1;31",
    };
}

/// <summary>Where output goes.</summary>
internal sealed class Terminal
{
    private readonly TextWriter _output = Console.Out;
    private int _drawn;
    private int _drawnWidth;

    /// <summary>A person looks on: lines may be redrawn.</summary>
    public bool IsInteractive { get; } = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>A person looks on and can answer.</summary>
    public bool CanAsk => IsInteractive && !Console.IsInputRedirected;

    private bool Coloured => IsInteractive && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Columns to fill; 0 is no limit.</summary>
    public int Width => IsInteractive ? Math.Max(20, WindowWidth()) : 0;

    /// <summary>Writes lines that stay. A redrawn block above them stays too.</summary>
    public void Write(params IEnumerable<Line> lines)
    {
        _drawn = 0;
        var text = new StringBuilder();
        // What stays is not cut: the terminal may wrap it.
        foreach (Line line in lines)
            text.Append(line.ToText(Coloured, 0)).Append('\n');
        Send(text);
    }

    public void Write(string text) => Write(new Line(text));

    /// <summary>Asks a question that only a plain yes answers with yes.</summary>
    public bool Ask(string question)
    {
        _drawn = 0;
        Send(new StringBuilder(question).Append(" [y/N] "));
        return Console.In.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>Asks for a word.</summary>
    public string AskFor(string question)
    {
        _drawn = 0;
        Send(new StringBuilder(question).Append(' '));
        return Console.In.ReadLine()?.Trim() ?? "";
    }

    /// <summary>Replaces the block drawn last; on a pipe it is simply written.</summary>
    public void Redraw(IReadOnlyList<Line> lines)
    {
        if (!IsInteractive)
        {
            Write(lines);
            return;
        }

        int width = Width;
        var text = new StringBuilder("\e[?25l");
        if (_drawn > 0 && width != _drawnWidth)
            text.Append("\e[2J\e[H");
        else if (_drawn > 0)
            text.Append("\e[").Append(_drawn).Append('A');
        text.Append('\r');
        // A block taller than the window would scroll while it is drawn, and the next one would start too high.
        int rows = Math.Max(1, Math.Min(lines.Count, WindowHeight() - 1));
        for (int i = 0; i < rows; i++)
            text.Append(lines[i].ToText(Coloured, width - 1)).Append("\e[K\n");
        text.Append("\e[J");
        Send(text);
        (_drawn, _drawnWidth) = (rows, width);
    }

    /// <summary>Gives the cursor back, and takes away the ^C that the terminal has echoed.</summary>
    public void EndRedraw()
    {
        if (IsInteractive)
            Send(new StringBuilder("\r\e[K\e[?25h"));
        _drawn = 0;
    }

    /// <summary>Takes the block drawn last away.</summary>
    public void Erase()
    {
        if (_drawn > 0)
            Send(new StringBuilder().Append("\e[").Append(_drawn).Append("A\r\e[J"));
        _drawn = 0;
    }

    private void Send(StringBuilder text)
    {
        try
        {
            _output.Write(text);
            _output.Flush();
        }
        catch (IOException)
        {
            // The terminal was closed or the pipe's reader has left; there is nobody to tell.
        }
    }

    private static int WindowWidth()
    {
        int width = Console.WindowWidth;
        return width > 0 ? width : 80;
    }

    private static int WindowHeight()
    {
        int height = Console.WindowHeight;
        return height > 0 ? height : 24;
    }
}
