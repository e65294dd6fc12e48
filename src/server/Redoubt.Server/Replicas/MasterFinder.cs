// Where the master is: its name is resolved at every attempt, off the loop, as are the `replica-candidates`.
//
// A name may lead elsewhere after a change of master, or still lead to the old one; a list of candidates names nodes of which one is the master. So a
// replica with `replica-follow-dns yes` or with candidates asks before it moves: it goes where somebody answers INFO with role:master. While nobody
// does, it stays with the place that it knows, which may be a replica (a chain) or come back.
//
// While the link is up the name is looked at every few seconds. The system's resolver answers, from its hosts file, its cache or a name server, whose
// times to live it keeps.
//
// Threads: `Find` and `Look` begin on the keyspace thread and answer there; between, a thread of the pool waits.

using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Resp;
using Redoubt.Server.Configuration;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Replicas;

internal sealed class MasterFinder(ServerConfig config, Mailbox mailbox)
{
    private const int AnswerWithinMs = 1000;

    /// <summary>Where to connect to; without an address, why there is none.</summary>
    internal readonly record struct Place(MasterAddress Master, IPAddress? Address, string Error = "");

    /// <summary>Finds the place for the next attempt.</summary>
    /// <param name="known">Where the master was found before.</param>
    /// <param name="isAsTold">Somebody has just said who the master is: the candidates are not asked.</param>
    public void Find(MasterAddress master, IPAddress? known, bool isAsTold, Action<Place> found)
    {
        MasterAddress[] places = isAsTold ? [master] : [master, .. config.Replication.Candidates.Value.Where(candidate => candidate != master)];
        bool isChoosy = places.Length > 1 || (config.Replication.FollowDns.Value && !IPAddress.TryParse(master.Host, out _));
        if (!isChoosy && IPAddress.TryParse(master.Host, out IPAddress? literal))
        {
            found(new Place(master, literal));
            return;
        }
        (byte[]? user, byte[]? password) = Credentials();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                Place place = isChoosy ? Choose(places, known, user, password) : FirstOf(master);
                mailbox.Post(() => found(place));
            },
            null);
    }

    /// <summary>Looks whether the name leads elsewhere, to a master. The answer is null when there is no reason to move.</summary>
    public void Look(MasterAddress master, IPAddress present, Action<IPAddress?> answer)
    {
        (byte[]? user, byte[]? password) = Credentials();
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                IPAddress[] addresses = AddressesOf(master.Host, out string _);
                IPAddress? elsewhere = addresses.Contains(present) ? null
                    : Array.Find(addresses, address => IsMaster(new IPEndPoint(address, master.Port), user, password));
                mailbox.Post(() => answer(elsewhere));
            },
            null);
    }

    private (byte[]? User, byte[]? Password) Credentials() =>
        (config.MasterUser is { Length: > 0 } user ? user : null, config.MasterAuth is { Length: > 0 } password ? password : null);

    private static Place FirstOf(MasterAddress master)
    {
        IPAddress[] addresses = AddressesOf(master.Host, out string error);
        return new Place(master, addresses.FirstOrDefault(), error);
    }

    private static Place Choose(MasterAddress[] places, IPAddress? known, byte[]? user, byte[]? password)
    {
        Place stay = default;
        foreach (MasterAddress place in places)
        {
            IPAddress[] addresses = AddressesOf(place.Host, out string error);
            if (place == places[0])
                stay = new Place(place, known is null ? addresses.FirstOrDefault() : Array.Find(addresses, known.Equals), error);
            foreach (IPAddress address in addresses)
            {
                if (IsMaster(new IPEndPoint(address, place.Port), user, password))
                    return new Place(place, address);
            }
        }
        return stay.Address is null && stay.Error.Length == 0 ? stay with { Error = "it leads elsewhere now, and nobody there answers as a master" } : stay;
    }

    /// <summary>IPv4 first.</summary>
    private static IPAddress[] AddressesOf(string host, out string error)
    {
        error = "";
        if (IPAddress.TryParse(host, out IPAddress? literal))
            return [literal];
        try
        {
            IPAddress[] addresses = [.. Dns.GetHostAddresses(host).OrderBy(static each => each.AddressFamily != AddressFamily.InterNetwork)];
            error = addresses.Length == 0 ? "the name has no address" : "";
            return addresses;
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            error = failure.Message;
            return [];
        }
    }

    private static bool IsMaster(IPEndPoint place, byte[]? user, byte[]? password)
    {
        try
        {
            using Socket socket = new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = AnswerWithinMs, ReceiveTimeout = AnswerWithinMs };
            if (!socket.ConnectAsync(place).Wait(AnswerWithinMs))
                return false;
            socket.Send(Question(user, password));
            StringBuilder answer = new();
            byte[] piece = new byte[4096];
            long deadlineMs = Clock.SteadyMs + AnswerWithinMs;
            while (Clock.SteadyMs < deadlineMs && socket.Receive(piece) is > 0 and int got)
            {
                answer.Append(Encoding.Latin1.GetString(piece, 0, got));
                string text = answer.ToString();
                if (text.Contains("\r\nrole:", StringComparison.Ordinal) && text.IndexOf("\r\n", text.IndexOf("\r\nrole:", StringComparison.Ordinal) + 2, StringComparison.Ordinal) > 0)
                    return text.Contains("\r\nrole:master\r\n", StringComparison.Ordinal);
                if (text.StartsWith("-NOAUTH", StringComparison.Ordinal))
                    return false;
            }
            return false;
        }
        catch (Exception failure) when (failure is SocketException or AggregateException)
        {
            return false;
        }
    }

    private static byte[] Question(byte[]? user, byte[]? password)
    {
        RespWriter question = new(256);
        if (password is not null)
        {
            question.Array(user is null ? 2 : 3);
            question.Bulk("AUTH"u8);
            if (user is not null)
                question.Bulk(user);
            question.Bulk(password);
        }
        question.Array(2);
        question.Bulk("INFO"u8);
        question.Bulk("replication"u8);
        return question.Written.ToArray();
    }
}
