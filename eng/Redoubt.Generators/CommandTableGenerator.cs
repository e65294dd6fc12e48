// Builds the command table from the attributes in Redoubt.Commands.
//
// Why a generator: the table is read on every request. Reflection would cost start-up time and leave mistakes (two commands
// of one name, an arity that contradicts the keys) to be found at run time; a table written by hand is forgotten when a
// command changes. Here a command is one method with one attribute, the lookup and the dispatch are plain code that the
// compiler sees through, and what contradicts itself does not build.
//
// How: attributes -> CommandModel (equatable values, so that editing elsewhere costs nothing) -> CommandRules (diagnostics)
// -> TableWriter (source). The pages in docs/ are written from the same models by CommandPages.

using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Redoubt.Generators;

[Generator]
public sealed class CommandTableGenerator : IIncrementalGenerator
{
    internal const string CommandAttributeName = "Redoubt.Commands.CommandAttribute";
    internal const string ContainerAttributeName = "Redoubt.Commands.CommandContainerAttribute";

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        context.RegisterSourceOutput(Models(context), static (output, models) => Produce(output, models));
    }

    /// <summary>Everything that is declared, sound or not.</summary>
    internal static IncrementalValueProvider<ImmutableArray<EquatableArray<CommandModel>>> Models(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<EquatableArray<CommandModel>> commands = context.SyntaxProvider.ForAttributeWithMetadataName(
            CommandAttributeName,
            static (node, _) => node is MethodDeclarationSyntax,
            static (attributed, _) => CommandModel.FromMethod(attributed));
        IncrementalValuesProvider<EquatableArray<CommandModel>> containers = context.SyntaxProvider.ForAttributeWithMetadataName(
            ContainerAttributeName,
            static (node, _) => node is ClassDeclarationSyntax,
            static (attributed, _) => CommandModel.FromClass(attributed));
        return commands.Collect().Combine(containers.Collect()).Select(static (models, _) => models.Left.AddRange(models.Right));
    }

    /// <summary>
    /// In the order of names and places, not of files as the compiler happened to see them: the same sources give the same table
    /// and the same complaints.
    /// </summary>
    internal static IEnumerable<CommandModel> InOrder(ImmutableArray<EquatableArray<CommandModel>> models) => models.SelectMany(list => list)
        .OrderBy(model => model.Name, StringComparer.Ordinal)
        .ThenBy(model => model.Place.Path, StringComparer.Ordinal)
        .ThenBy(model => model.Place.Start);

    private static void Produce(SourceProductionContext output, ImmutableArray<EquatableArray<CommandModel>> models)
    {
        var rules = new CommandRules((rule, place, details) =>
            output.ReportDiagnostic(Diagnostic.Create(rule.Descriptor, place.ToLocation(), details)));
        IReadOnlyList<CheckedCommand> table = rules.Check(InOrder(models));
        output.AddSource("CommandTable.g.cs", SourceText.From(new TableWriter(table).Write(), Encoding.UTF8));
    }
}
