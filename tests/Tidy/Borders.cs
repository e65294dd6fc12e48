using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidy;

// The walls of the house. Folders are signposts, projects are walls: what a project may reference is one row of the table below, and
// rows only name storeys further down. A row is widened on purpose and in review, never to get something to compile.

internal static class Borders
{
    public static readonly IReadOnlyDictionary<string, string[]> Arrows = new Dictionary<string, string[]>
    {
        ["Redoubt.Native"] = [],
        ["Redoubt.Structures"] = ["Redoubt.Native"],
        ["Redoubt.Resp"] = [],
        ["Redoubt.Topology"] = [],
        ["Redoubt.Keyspace"] = ["Redoubt.Structures"],
        ["Redoubt.Persistence"] = ["Redoubt.Keyspace", "Redoubt.Structures", "Redoubt.Resp", "Redoubt.Native"],
        ["Redoubt.Replication"] = ["Redoubt.Topology", "Redoubt.Resp", "Redoubt.Structures"],
        ["Redoubt.Commands"] = ["Redoubt.Keyspace", "Redoubt.Structures", "Redoubt.Resp", "Redoubt.Topology"],
        ["Redoubt.Server"] =
        [
            "Redoubt.Native", "Redoubt.Structures", "Redoubt.Resp", "Redoubt.Topology", "Redoubt.Keyspace", "Redoubt.Persistence",
            "Redoubt.Replication", "Redoubt.Commands",
        ],
        ["Redoubt.Client"] = ["Redoubt.Topology"],
        ["Redoubt.Client.AspNetCore"] = ["Redoubt.Client"],
        ["Redoubt.Failover"] = ["Redoubt.Topology"],
        ["Redoubt.Operations"] = ["Redoubt.Failover", "Redoubt.Client"],
        ["Redoubt.Cli"] = ["Redoubt.Operations"],
        ["Redoubt.Dashboard"] = ["Redoubt.Operations"],
        ["Redoubt.Generators"] = [],
    };

    private static readonly string[] UnsafeProjects = ["Redoubt.Native", "Redoubt.Structures"];

    private static readonly HashSet<string> UnsafeNames =
        ["Unsafe", "MemoryMarshal", "Marshal", "NativeMemory", "DllImport", "DllImportAttribute", "LibraryImport", "LibraryImportAttribute"];

    private static readonly string[] TimelessProjects = ["Redoubt.Keyspace", "Redoubt.Replication", "Redoubt.Failover"];

    // A name alone, or a name and the member of it that is meant.
    private static readonly HashSet<string> Clocks =
    [
        "DateTime.UtcNow", "DateTime.Now", "DateTime.Today", "DateTimeOffset.UtcNow", "DateTimeOffset.Now", "Environment.TickCount",
        "Environment.TickCount64", "Stopwatch", "TimeProvider", "Random.Shared", "RandomNumberGenerator", "Guid.NewGuid", "Socket",
        "TcpClient", "TcpListener", "Dns", "Thread", "ThreadPool", "Task.Run", "Task.Delay", "Parallel", "Timer", "PeriodicTimer",
    ];

    /// <summary>Every reference from project to project is in <see cref="Arrows"/>.</summary>
    public static IEnumerable<Finding> References(SourceFile projectFile)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(projectFile.Path);
        var isTest = projectFile.Under("tests");
        HashSet<string> allowed;
        if (isTest && name.EndsWith(".Tests", StringComparison.Ordinal))
        {
            var subject = name[..^".Tests".Length];
            allowed = [subject, .. Below(subject), "Redoubt.Testing"];
        }
        else if (isTest || projectFile.Under("bench"))
        {
            yield break; // whole-system tests and measurements look at whatever they exercise
        }
        else if (!Arrows.TryGetValue(name, out var row))
        {
            yield return projectFile.At(1, $"the project {name} has no row in the table of arrows: add one to tests/Tidy/Borders.cs and docs/ARCHITECTURE.md");
            yield break;
        }
        else
        {
            allowed = [.. row];
        }

        foreach (var reference in XDocument.Parse(projectFile.Text, LoadOptions.SetLineInfo).Descendants("ProjectReference"))
        {
            var target = System.IO.Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'));
            // A generator runs inside the compiler; nothing of it is there at run time.
            if ((string?)reference.Attribute("OutputItemType") == "Analyzer" && target == "Redoubt.Generators") continue;
            if (!allowed.Contains(target))
            {
                yield return projectFile.At(Line(reference),
                    $"{name} may not reference {target} (allowed: {string.Join(", ", allowed)}): declare a small interface in {name} and let a project above plug it in");
            }
        }
    }

    /// <summary>Pointers, P/Invoke and their relatives stay in the two unsafe projects; a project file cannot open that door for another.</summary>
    public static IEnumerable<Finding> UnsafeCode(SourceFile file)
    {
        const string remedy = "only Redoubt.Native and Redoubt.Structures may: put it there, behind a type that checks its bounds";
        // The tests of the heaps deal in the heaps' pointers.
        if (UnsafeProjects.Contains(file.Project) || file.Project == "Redoubt.Native.Tests") yield break;
        if (!file.IsCSharp)
        {
            // The one condition that names the two projects is in the root's Directory.Build.props.
            if (file.Path == "Directory.Build.props" || !(file.Path.EndsWith(".csproj", StringComparison.Ordinal) || file.Path.EndsWith(".props", StringComparison.Ordinal))) yield break;
            foreach (var element in XDocument.Parse(file.Text, LoadOptions.SetLineInfo).Descendants("AllowUnsafeBlocks"))
                yield return file.At(Line(element), $"AllowUnsafeBlocks: {remedy}");
            yield break;
        }
        if (file.Under("tests")) yield break;
        foreach (var token in file.Root.DescendantTokens())
        {
            if (token.IsKind(SyntaxKind.UnsafeKeyword)) yield return file.At(file.LineOf(token), $"unsafe code: {remedy}");
            else if (token.IsKind(SyntaxKind.IdentifierToken) && token.Parent is IdentifierNameSyntax && UnsafeNames.Contains(token.ValueText))
                yield return file.At(file.LineOf(token), $"{token.ValueText}: {remedy}");
        }
    }

    /// <summary>What must be deterministic is given the time, the bytes and the random numbers; it never fetches them.</summary>
    public static IEnumerable<Finding> Timeless(SourceFile file)
    {
        if (!file.IsCSharp || !TimelessProjects.Contains(file.Project)) yield break;
        const string remedy = "takes time, bytes and random numbers as arguments, so that a test can replay it: let the caller pass them in";
        foreach (var directive in file.Root.DescendantNodes().OfType<UsingDirectiveSyntax>())
        {
            if (directive.Name?.ToString() is "System.Net.Sockets" or "System.Threading.Channels")
                yield return file.At(file.LineOf(directive), $"{directive.Name}: {file.Project} {remedy}");
        }
        foreach (var name in file.Root.DescendantNodes().OfType<IdentifierNameSyntax>())
        {
            var text = name.Identifier.ValueText;
            if (name.Parent is NameColonSyntax or NameEqualsSyntax) continue;
            if (name.Parent is MemberAccessExpressionSyntax access && access.Name == name)
            {
                // What follows a dot is a type only behind a namespace, else a member: "Task.Run" is looked for, "link.Thread" is not.
                var left = access.Expression.ToString();
                var pair = left[(left.LastIndexOf('.') + 1)..] + "." + text;
                if (Clocks.Contains(pair)) yield return file.At(file.LineOf(name), $"{pair}: {file.Project} {remedy}");
                if (!left.StartsWith("System", StringComparison.Ordinal)) continue;
            }
            if (Clocks.Contains(text)) yield return file.At(file.LineOf(name), $"{text}: {file.Project} {remedy}");
        }
    }

    /// <summary>Internals are shown to the project's own tests and to nobody else.</summary>
    public static IEnumerable<Finding> Internals(SourceFile file)
    {
        IEnumerable<(int Line, string Friend)> friends = [];
        if (file.IsCSharp)
        {
            friends = file.Root.AttributeLists.SelectMany(l => l.Attributes).Where(a => a.Name.ToString().Contains("InternalsVisibleTo", StringComparison.Ordinal))
                .Select(a => (file.LineOf(a), a.ArgumentList?.Arguments.FirstOrDefault()?.ToString().Trim('"') ?? ""));
        }
        else if (file.Path.EndsWith(".csproj", StringComparison.Ordinal))
        {
            friends = XDocument.Parse(file.Text, LoadOptions.SetLineInfo).Descendants("InternalsVisibleTo").Select(e => (Line(e), (string?)e.Attribute("Include") ?? ""));
        }
        foreach (var (line, friend) in friends)
        {
            if (friend != file.Project + ".Tests")
                yield return file.At(line, $"internals of {file.Project} are shown to {friend}: make public what others need; only {file.Project}.Tests may see inside");
        }
    }

    /// <summary>The parts of a partial type lie in one folder, where one listing shows them all.</summary>
    public static IEnumerable<Finding> PartialTypes(IEnumerable<SourceFile> files) =>
        from part in files.Where(f => f.IsCSharp).SelectMany(file => file.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
            .Where(type => type.Modifiers.Any(SyntaxKind.PartialKeyword))
            .Select(type => (file, type, name: $"{file.Project}:{FullName(type)}")))
        group part by part.name into type
        where type.Select(p => p.file.Folder).Distinct().Count() > 1
        from part in type
        select part.file.At(part.file.LineOf(part.type),
            $"partial {part.type.Identifier} lies in several folders: move its parts into one, or make of each part a type of its own");

    /// <summary>A namespace tells the project it is in.</summary>
    public static IEnumerable<Finding> Namespaces(SourceFile file)
    {
        if (!file.IsCSharp || !file.Under("src")) yield break;
        foreach (var space in file.Root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            var name = space.Name.ToString();
            if (name != file.Project && !name.StartsWith(file.Project + ".", StringComparison.Ordinal))
                yield return file.At(file.LineOf(space), $"namespace {name} in the project {file.Project}: a namespace starts with the name of its project");
        }
    }

    public static IEnumerable<string> Below(string project) =>
        Arrows.TryGetValue(project, out var row) ? row.Concat(row.SelectMany(Below)).Distinct() : [];

    private static string FullName(TypeDeclarationSyntax type) =>
        string.Join('.', type.AncestorsAndSelf().Reverse().Select(n => n switch
        {
            BaseNamespaceDeclarationSyntax space => space.Name.ToString(),
            TypeDeclarationSyntax outer => $"{outer.Identifier}`{outer.Arity}",
            _ => null,
        }).Where(n => n != null));

    private static int Line(XElement element) => ((System.Xml.IXmlLineInfo)element).LineNumber;
}
