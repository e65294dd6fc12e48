// Compiles declarations with the generator, and runs what it wrote.
//
// The declarations are compiled together with the real contract (attributes, descriptors), the real COMMAND and the real
// reply writer, read from src/; only the context is a stand-in, so that no keyspace is needed. `Answer` sends a request
// through the generated table as the server would.

using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Redoubt.Testing;

namespace Redoubt.Generators.Tests;

internal sealed class GeneratedTable
{
    private readonly Func<int, byte[][], byte[]>? _answer;

    private readonly Func<byte[], int>? _find;

    private GeneratedTable(ImmutableArray<Diagnostic> diagnostics, IReadOnlyList<CheckedCommand> commands, Assembly? assembly)
    {
        Diagnostics = diagnostics;
        Commands = commands;
        Type? probe = assembly?.GetType("Redoubt.Commands.Probe");
        _answer = probe?.GetMethod("Answer")!.CreateDelegate<Func<int, byte[][], byte[]>>();
        _find = probe?.GetMethod("Find")!.CreateDelegate<Func<byte[], int>>();
    }

    /// <summary>What the generator complained of.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    /// <summary>The table as the generator sees it.</summary>
    public IReadOnlyList<CheckedCommand> Commands { get; }

    /// <summary>Index of a top-level command, -1 if there is none.</summary>
    public int Find(byte[] name) => _find!(name);

    /// <summary>The reply's bytes to a request, in protocol 2 or 3.</summary>
    public byte[] Answer(int protocol, params string[] request) => _answer!(protocol, Wire.Arguments(request));

    /// <summary>Declares these methods (each with its attribute) and containers, and compiles them.</summary>
    public static GeneratedTable Of(string declarations) => Compile(
        [("Declared.cs", "namespace Redoubt.Commands;\n" + declarations), .. Contract(), .. Sources("Redoubt.Commands/Introspection")], runs: true);

    /// <summary>The declarations alone: for what does not get as far as running.</summary>
    public static GeneratedTable Broken(string declarations) =>
        Compile([("Declared.cs", "namespace Redoubt.Commands;\n" + declarations), .. Contract()], runs: false);

    /// <summary>The table of the server: its own sources, whatever they need beyond the attributes left unresolved.</summary>
    public static GeneratedTable OfServer() => Compile([.. Sources("Redoubt.Commands")], runs: false);

    /// <summary>Why the table was written when only <paramref name="edited"/> was added to the sources: "Cached" means it was not.</summary>
    public static string ReasonToWriteAfter(string declarations, string edited)
    {
        CSharpCompilation first = Compilation([("Declared.cs", "namespace Redoubt.Commands;\n" + declarations), .. Contract()]);
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new CommandTableGenerator().AsSourceGenerator()],
            parseOptions: s_options,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(first);
        driver = driver.RunGenerators(first.AddSyntaxTrees(CSharpSyntaxTree.ParseText(edited, s_options, "Edited.cs")));
        return driver.GetRunResult().Results[0].TrackedOutputSteps.Single().Value.Single().Outputs.Single().Reason.ToString();
    }

    private static IEnumerable<(string, string)> Contract() =>
    [
        ("Standin.cs", Standin),
        .. Sources("Redoubt.Commands").Where(source => s_contract.Contains(Path.GetFileName(source.Path))),
        .. Sources("Redoubt.Resp"),
    ];

    private static IEnumerable<(string Path, string Text)> Sources(string folder)
    {
        string root = Path.Combine(ServerBinaries.RepositoryRoot, "src", "server", folder);
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/") && !path.Contains("/bin/"))
            .Order(StringComparer.Ordinal)
            .Select(path => (path, File.ReadAllText(path)));
    }

    private static GeneratedTable Compile((string Path, string Text)[] sources, bool runs)
    {
        CSharpCompilation compilation = Compilation(sources);
        var capture = new ModelCapture();
        CSharpGeneratorDriver.Create([new CommandTableGenerator().AsSourceGenerator(), capture.AsSourceGenerator()], parseOptions: s_options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out ImmutableArray<Diagnostic> diagnostics);
        if (!runs || diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            return new GeneratedTable(diagnostics, capture.Commands, null);
        using var image = new MemoryStream();
        Microsoft.CodeAnalysis.Emit.EmitResult emitted = generated.Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(10)));
        return new GeneratedTable(diagnostics, capture.Commands, Assembly.Load(image.ToArray()));
    }

    private static CSharpCompilation Compilation((string Path, string Text)[] sources)
    {
        string usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";
        IEnumerable<SyntaxTree> trees = sources.Append(("Usings.cs", usings))
            .Select(source => CSharpSyntaxTree.ParseText(SourceText.From(source.Item2, System.Text.Encoding.UTF8), s_options, source.Item1));
        return CSharpCompilation.Create(
            "Declared" + Guid.NewGuid().ToString("N"),
            trees,
            s_references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>Sees the models that the generator sees.</summary>
    private sealed class ModelCapture : IIncrementalGenerator
    {
        public IReadOnlyList<CheckedCommand> Commands { get; private set; } = [];

        public void Initialize(IncrementalGeneratorInitializationContext context) => context.RegisterSourceOutput(
            CommandTableGenerator.Models(context),
            (_, models) => Commands = new CommandRules((_, _, _) => { }).Check(CommandTableGenerator.InOrder(models)));
    }

    private static readonly CSharpParseOptions s_options = new(LanguageVersion.Latest);

    private static readonly MetadataReference[] s_references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
        .Select(path => MetadataReference.CreateFromFile(path))
        .ToArray();

    private static readonly string[] s_contract =
        ["CommandAttribute.cs", "CommandDescriptor.cs", "LatencyHistogram.cs", "KeySpec.cs", "RenamedCommands.cs", "AclCategories.cs", "GlobPattern.cs"];

    private const string Standin = """
        using Redoubt.Resp;
        namespace Redoubt.Commands;

        public sealed class CommandContext(byte[][] arguments)
        {
            public RespWriter Reply { get; } = new();
            public int Count => arguments.Length;
            public ReadOnlySpan<byte> this[int index] => arguments[index];
            public bool Is(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(this[index], word);
            public void Error(ReadOnlySpan<byte> text) => Reply.Error(text);
        }

        public static class Probe
        {
            public static int Find(byte[] name) => CommandTable.Find(name)?.Index ?? -1;

            public static byte[] Answer(int protocol, byte[][] request)
            {
                CommandDescriptor command = CommandTable.Find(request[0])!;
                if (command.Subcommands.Length > 0 && request.Length > 1)
                    command = CommandTable.FindSubcommand(command, request[1])!;
                var context = new CommandContext(request);
                context.Reply.Protocol = protocol;
                CommandTable.Execute(command.Index, context);
                return context.Reply.Written.ToArray();
            }
        }
        """;
}
