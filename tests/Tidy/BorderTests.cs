namespace Tidy;

public class BorderTests
{
    [Fact]
    public void Projects_reference_only_what_the_table_of_arrows_allows() => House.IsTidy(Repository.Projects.SelectMany(Borders.References));

    [Fact]
    public void The_table_of_arrows_has_no_circle()
    {
        foreach (var project in Borders.Arrows.Keys)
        {
            var seen = new HashSet<string>();
            var open = new Stack<string>(Borders.Arrows[project]);
            while (open.TryPop(out var next))
            {
                Assert.True(next != project, $"{project} reaches itself");
                if (seen.Add(next)) foreach (var further in Borders.Arrows[next]) open.Push(further);
            }
        }
    }

    [Fact]
    public void Unsafe_code_stays_in_the_two_unsafe_projects() => House.IsTidy(Repository.Files.SelectMany(Borders.UnsafeCode));

    [Fact]
    public void Keyspace_replication_and_failover_fetch_no_time_no_bytes_and_no_random_numbers() => House.IsTidy(Repository.Files.SelectMany(Borders.Timeless));

    [Fact]
    public void Internals_are_visible_to_the_projects_own_tests_only() =>
        House.IsTidy(Repository.Files.Where(f => f.Under("src") || f.Under("eng")).SelectMany(Borders.Internals));

    [Fact]
    public void Partial_types_never_cross_a_folder() => House.IsTidy(Borders.PartialTypes(Repository.Files));

    [Fact]
    public void Namespaces_start_with_their_project() => House.IsTidy(Repository.Files.SelectMany(Borders.Namespaces));

    [Theory]
    [InlineData("src/server/Redoubt.Resp/Redoubt.Resp.csproj", "../Redoubt.Keyspace/Redoubt.Keyspace.csproj", 1)]
    [InlineData("src/server/Redoubt.Commands/Redoubt.Commands.csproj", "../Redoubt.Replication/Redoubt.Replication.csproj", 1)]
    [InlineData("src/server/Redoubt.Commands/Redoubt.Commands.csproj", "../Redoubt.Keyspace/Redoubt.Keyspace.csproj", 0)]
    [InlineData("src/server/Redoubt.Novel/Redoubt.Novel.csproj", "../Redoubt.Resp/Redoubt.Resp.csproj", 1)]
    [InlineData("tests/Redoubt.Resp.Tests/Redoubt.Resp.Tests.csproj", "../../src/server/Redoubt.Server/Redoubt.Server.csproj", 1)]
    [InlineData("tests/Redoubt.Keyspace.Tests/Redoubt.Keyspace.Tests.csproj", "../../src/server/Redoubt.Native/Redoubt.Native.csproj", 0)]
    [InlineData("tests/Redoubt.Keyspace.Tests/Redoubt.Keyspace.Tests.csproj", "../Redoubt.Testing/Redoubt.Testing.csproj", 0)]
    public void A_reference_sideways_or_up_is_found(string project, string target, int findings) => Assert.Equal(findings,
        Borders.References(House.File(project, $"<Project><ItemGroup><ProjectReference Include=\"{target}\" /></ItemGroup></Project>")).Count());

    [Theory]
    [InlineData("src/server/Redoubt.Resp/A.cs", "unsafe class A { }", 1)]
    [InlineData("src/server/Redoubt.Resp/A.cs", "class A { [DllImport(\"libc\")] static extern int getpid(); }", 1)]
    [InlineData("src/server/Redoubt.Resp/A.cs", "class A { int B(ref int c) => Unsafe.Add(ref c, 1); }", 1)]
    [InlineData("src/server/Redoubt.Resp/A.cs", "class A { /* unsafe, DllImport */ string B = \"MemoryMarshal\"; }", 0)]
    [InlineData("src/server/Redoubt.Native/A.cs", "unsafe class A { }", 0)]
    [InlineData("src/server/Redoubt.Resp/Redoubt.Resp.csproj", "<Project><PropertyGroup><AllowUnsafeBlocks>true</AllowUnsafeBlocks></PropertyGroup></Project>", 1)]
    [InlineData("tests/Redoubt.Resp.Tests/Redoubt.Resp.Tests.csproj", "<Project><PropertyGroup><AllowUnsafeBlocks>true</AllowUnsafeBlocks></PropertyGroup></Project>", 1)]
    [InlineData("tests/Redoubt.Native.Tests/Redoubt.Native.Tests.csproj", "<Project><PropertyGroup><AllowUnsafeBlocks>true</AllowUnsafeBlocks></PropertyGroup></Project>", 0)]
    public void Unsafe_code_elsewhere_is_found(string path, string text, int findings) =>
        Assert.Equal(findings, Borders.UnsafeCode(House.File(path, text)).Count());

    [Theory]
    [InlineData("class A { long B() => DateTime.UtcNow.Ticks; }", 1)]
    [InlineData("class A { long B() => Environment.TickCount64; }", 1)]
    [InlineData("class A { void B() => new Thread(B).Start(); }", 1)]
    [InlineData("class A { void B() => System.Threading.Tasks.Task.Run(B); }", 1)]
    [InlineData("class A { void B(Link link) => link.Thread(); }", 0)]
    [InlineData("class A { void B() => Task.Run(B); }", 1)]
    [InlineData("using System.Net.Sockets; class A { }", 1)]
    [InlineData("class A { DateTime B(DateTime now) => now.AddDays(1); /* Stopwatch */ }", 0)]
    public void A_clock_in_the_timeless_projects_is_found(string text, int findings)
    {
        Assert.Equal(findings, Borders.Timeless(House.File("src/server/Redoubt.Replication/A.cs", text)).Count());
        Assert.Empty(Borders.Timeless(House.File("src/server/Redoubt.Server/A.cs", text)));
    }

    [Theory]
    [InlineData("Redoubt.Resp.Tests", 0)]
    [InlineData("Redoubt.Keyspace.Tests", 1)]
    [InlineData("Redoubt.Client", 1)]
    public void Internals_shown_to_strangers_are_found(string friend, int findings)
    {
        Assert.Equal(findings, Borders.Internals(House.File("src/server/Redoubt.Resp/Redoubt.Resp.csproj",
            $"<Project><ItemGroup><InternalsVisibleTo Include=\"{friend}\" /></ItemGroup></Project>")).Count());
        Assert.Equal(findings, Borders.Internals(House.File("src/server/Redoubt.Resp/A.cs", $"[assembly: InternalsVisibleTo(\"{friend}\")]")).Count());
    }

    [Fact]
    public void A_partial_type_in_two_folders_is_found()
    {
        var here = House.File("src/server/Redoubt.Resp/A/X.cs", "namespace N; partial class X { }");
        var there = House.File("src/server/Redoubt.Resp/B/X.cs", "namespace N; partial class X { }");
        var beside = House.File("src/server/Redoubt.Resp/A/Y.cs", "namespace N; partial class X { }");
        Assert.Equal(2, Borders.PartialTypes([here, there]).Count());
        Assert.Empty(Borders.PartialTypes([here, beside]));
    }

    [Fact]
    public void A_namespace_of_another_project_is_found()
    {
        Assert.Single(Borders.Namespaces(House.File("src/server/Redoubt.Resp/A.cs", "namespace Redoubt.Server;")));
        Assert.Empty(Borders.Namespaces(House.File("src/server/Redoubt.Resp/A.cs", "namespace Redoubt.Resp.Inner;")));
    }
}
