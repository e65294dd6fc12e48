using System.Text;
using Redoubt.Commands;

namespace Redoubt.Server.Dispatch;

/// <summary>Redis's words for requests that are no command: unknown name, unknown subcommand, wrong number of arguments.</summary>
internal sealed class CommandTexts
{
    private const int NameBytesMax = 128;
    private const int ArgumentBytesMax = 128;

    /// <param name="c">Aimed at the request.</param>
    /// <param name="command">What the name was found to be, or null.</param>
    public byte[] WrongForm(CommandContext c, CommandDescriptor? command)
    {
        if (command is null)
            return UnknownCommand(c);
        if (command.Subcommands.Length > 0 && c.Count > 1)
        {
            string word = Printable(c[1], NameBytesMax);
            return Encoding.Latin1.GetBytes($"ERR unknown subcommand '{word}'. Try {command.Name.ToUpperInvariant()} HELP.");
        }
        return Encoding.Latin1.GetBytes($"ERR wrong number of arguments for '{command.Name}' command");
    }

    private static byte[] UnknownCommand(CommandContext c)
    {
        StringBuilder arguments = new();
        for (int i = 1; i < c.Count && arguments.Length < ArgumentBytesMax; i++)
        {
            // Only the argument itself is cut: its quotes come on top of what is left.
            int bytesLeft = ArgumentBytesMax - arguments.Length;
            arguments.Append('\'').Append(Printable(c[i], bytesLeft)).Append("' ");
        }
        return Encoding.Latin1.GetBytes($"ERR unknown command '{Printable(c[0], NameBytesMax)}', with args beginning with: {arguments}");
    }

    /// <summary>The text up to its first zero byte, as C prints it, with line ends made blanks.</summary>
    private static string Printable(ReadOnlySpan<byte> text, int bytesMax)
    {
        text = text[..Math.Min(text.Length, bytesMax)];
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        return Encoding.Latin1.GetString(text).Replace('\r', ' ').Replace('\n', ' ');
    }
}
