using System.Net;
using Redoubt.Client;
using Redoubt.Failover.Names;

namespace Redoubt.Operations.Names;

// A file in hosts syntax is a directory of names for whoever can read it: the clients of one machine, or of many that mount one folder. It is
// replaced by renaming a complete new file over it, so that a reader sees the old or the new one and never a half; a lock beside it
// makes "look and replace" one step among all who change it by this tool.

/// <summary>A name in a file of hosts syntax.</summary>
public sealed class HostsName(NameSettings settings) : INameProvider
{
    private readonly string _path = Path.GetFullPath(settings.File ?? throw new ArgumentException("'file' is missing", nameof(settings)));

    public string Name => settings.Name;

    public string Kind => "hosts";

    public Task<IReadOnlyList<NameAnswer>> ShowAsync(CancellationToken cancellation)
    {
        try
        {
            return Task.FromResult<IReadOnlyList<NameAnswer>>([new NameAnswer(_path, true, Values(Read()))]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult<IReadOnlyList<NameAnswer>>([new NameAnswer(_path, true, [], null, error.Message)]);
        }
    }

    public async Task<NameChange> ChangeAsync(string expected, string wanted, CancellationToken cancellation)
    {
        if (!IPAddress.TryParse(wanted, out IPAddress? address))
            return new NameChange(NameChangeOutcome.Refused, $"a hosts file holds addresses, and '{wanted}' is none");
        try
        {
            using FileStream gate = await LockAsync(cancellation).ConfigureAwait(false);
            string text = Read();
            string[] now = Values(text);
            if (now is [var only] && only == address.ToString())
                return new NameChange(NameChangeOutcome.Changed, $"{_path} says {wanted} already");
            if (!now.SequenceEqual(expected.Length == 0 ? [] : [expected]))
                return new NameChange(NameChangeOutcome.Conflict, $"{_path} says {(now.Length == 0 ? "nothing" : string.Join(' ', now))}, not {(expected.Length == 0 ? "nothing" : expected)}");
            Replace(HostsFile.Set(text, Name, [address]));
            return new NameChange(NameChangeOutcome.Changed, $"{_path} replaced");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new NameChange(NameChangeOutcome.Refused, error.Message);
        }
    }

    public async Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation)
    {
        IReadOnlyList<NameAnswer> answers = await ShowAsync(cancellation).ConfigureAwait(false);
        return answers[0].Is(wanted)
            ? new NameVerdict(true, answers, $"{_path} says {wanted}")
            : new NameVerdict(false, answers, answers[0].Failure ?? $"{_path} says {string.Join(' ', answers[0].Values)}");
    }

    public async Task<NameChange?> RehearseAsync(CancellationToken cancellation)
    {
        try
        {
            using FileStream gate = await LockAsync(cancellation).ConfigureAwait(false);
            return new NameChange(NameChangeOutcome.Changed, $"{_path} can be replaced");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new NameChange(NameChangeOutcome.Refused, error.Message);
        }
    }

    private string Read() => File.Exists(_path) ? File.ReadAllText(_path) : "";

    private string[] Values(string text) => [.. HostsFile.Find(text, Name).Select(address => address.ToString())];

    private async Task<FileStream> LockAsync(CancellationToken cancellation)
    {
        const int attempts = 100;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(_path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (attempt < attempts && error is not (DirectoryNotFoundException or FileNotFoundException))
            {
                await Task.Delay(20, cancellation).ConfigureAwait(false);
            }
        }
    }

    private void Replace(string text)
    {
        string next = $"{_path}.new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        if (!OperatingSystem.IsWindows() && File.Exists(_path))
            File.SetUnixFileMode(next, File.GetUnixFileMode(_path));
        File.Move(next, _path, overwrite: true);
    }
}
