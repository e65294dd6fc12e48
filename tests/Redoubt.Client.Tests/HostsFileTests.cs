using System.Net;
using System.Net.Sockets;

namespace Redoubt.Client.Tests;

public class HostsFileTests
{
    private const string Text = "# ours\n127.0.0.1 localhost\n10.0.0.1\tdb.example.net  db # the old one\n::1 localhost\n10.0.0.2 DB.example.net.\n";

    [Fact]
    public void A_name_is_found_in_any_case_with_all_its_addresses()
    {
        Assert.Equal([IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")], HostsFile.Find(Text, "db.EXAMPLE.net."));
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], HostsFile.Find(Text, "localhost"));
        Assert.Empty(HostsFile.Find(Text, "old"));
        Assert.Empty(HostsFile.Find("", "db"));
    }

    [Fact]
    public void Setting_a_name_leaves_all_other_names_and_comments_alone()
    {
        string set = HostsFile.Set(Text, "db.example.net", [IPAddress.Parse("10.0.0.9")]);
        Assert.Equal("# ours\n127.0.0.1 localhost\n10.0.0.1 db # the old one\n::1 localhost\n10.0.0.9 db.example.net\n", set);
        Assert.Equal("10.0.0.9 db\n", HostsFile.Set("", "db", [IPAddress.Parse("10.0.0.9")]));
        Assert.Equal("x\n10.0.0.9 db\n", HostsFile.Set("x", "db", [IPAddress.Parse("10.0.0.9")]));
    }

    [Fact]
    public async Task The_resolver_reads_the_file_anew_and_asks_elsewhere_for_what_is_not_in_it()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("redoubt-hosts-").FullName, "hosts");
        Func<string, CancellationToken, Task<IPAddress[]>> alone = HostsFile.Resolver(path);
        await Assert.ThrowsAsync<SocketException>(() => alone("db", default));
        await File.WriteAllTextAsync(path, "10.0.0.1 db\n");
        Assert.Equal("10.0.0.1", (await alone("db", default)).Single().ToString());
        await File.WriteAllTextAsync(path, "10.0.0.2 db\n");
        Assert.Equal("10.0.0.2", (await alone("db", default)).Single().ToString());
        Func<string, CancellationToken, Task<IPAddress[]>> both = HostsFile.Resolver(path, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        Assert.Equal(IPAddress.Loopback, (await both("other", default)).Single());
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
}
