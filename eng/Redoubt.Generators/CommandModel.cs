// What the generator knows of one command: its attribute, read once from the semantic model.

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Redoubt.Generators;

internal sealed record CommandModel
{
    /// <summary>As written: "GET", "CLIENT|GETNAME".</summary>
    public required string Name { get; init; }

    public required int Arity { get; init; }

    /// <summary>Names of the members of CommandFlags.</summary>
    public required EquatableArray<string> Flags { get; init; }

    public int FirstKey { get; init; }

    public int LastKey { get; init; }

    public int KeyStep { get; init; }

    public int ExtraWords { get; init; }

    public string KeyFlags { get; init; } = "";

    public string Acl { get; init; } = "";

    public string Group { get; init; } = "";

    public string Summary { get; init; } = "";

    public string Since { get; init; } = "";

    public string Complexity { get; init; } = "";

    public string Syntax { get; init; } = "";

    public EquatableArray<string> History { get; init; } = EquatableArray<string>.Empty;

    public EquatableArray<string> Tips { get; init; } = EquatableArray<string>.Empty;

    public string Deprecated { get; init; } = "";

    public bool SystemCommand { get; init; }

    /// <summary>The method that carries the command out, fully qualified; empty for a container.</summary>
    public required string Target { get; init; }

    /// <summary>What is wrong with the method, or empty.</summary>
    public string ShapeProblem { get; init; } = "";

    public required SourcePlace Place { get; init; }

    public bool IsContainer => Target.Length == 0;

    public bool IsSubcommand => Name.IndexOf('|') >= 0;

    /// <summary>"CLIENT" of "CLIENT|GETNAME".</summary>
    public string ContainerName => IsSubcommand ? Name.Substring(0, Name.IndexOf('|')) : "";

    /// <summary>"GETNAME" of "CLIENT|GETNAME".</summary>
    public string OwnName => Name.Substring(Name.IndexOf('|') + 1);

    /// <summary>As on the wire.</summary>
    public string WireName => Name.ToLowerInvariant();

    public bool Has(string flag) => Flags.Contains(flag);

    public static EquatableArray<CommandModel> FromMethod(GeneratorAttributeSyntaxContext context)
    {
        var method = (IMethodSymbol)context.TargetSymbol;
        string problem = ProblemOf(method);
        string target = method.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) + "." + method.Name;
        return new EquatableArray<CommandModel>(context.Attributes.Select(a => FromAttribute(a, context.TargetNode, target, problem)).ToArray());
    }

    public static EquatableArray<CommandModel> FromClass(GeneratorAttributeSyntaxContext context) =>
        new(context.Attributes.Select(a => FromAttribute(a, context.TargetNode, "", "")).ToArray());

    private static CommandModel FromAttribute(AttributeData attribute, SyntaxNode target, string method, string problem)
    {
        ImmutableArray<TypedConstant> positional = attribute.ConstructorArguments;
        Dictionary<string, TypedConstant> named = attribute.NamedArguments.ToDictionary(pair => pair.Key, pair => pair.Value);
        return new CommandModel
        {
            Name = positional.Length > 0 ? positional[0].Value as string ?? "" : "",
            Arity = positional.Length > 1 && positional[1].Value is int arity ? arity : method.Length == 0 ? -2 : 0,
            Flags = positional.Length > 2 ? FlagNames(positional[2]) : EquatableArray<string>.Empty,
            FirstKey = Number("FirstKey"),
            LastKey = Number("LastKey"),
            KeyStep = Number("KeyStep"),
            ExtraWords = Number("ExtraWords"),
            KeyFlags = Text("KeyFlags"),
            Acl = Text("Acl"),
            Group = Text("Group"),
            Summary = Text("Summary"),
            Since = Text("Since"),
            Complexity = Text("Complexity"),
            Syntax = Text("Syntax"),
            History = Texts("History"),
            Tips = Texts("Tips"),
            Deprecated = Text("Deprecated"),
            SystemCommand = named.TryGetValue("SystemCommand", out TypedConstant system) && system.Value is true,
            Target = method,
            ShapeProblem = problem,
            Place = SourcePlace.Of(attribute.ApplicationSyntaxReference?.GetSyntax() ?? target),
        };

        string Text(string name) => named.TryGetValue(name, out TypedConstant value) ? value.Value as string ?? "" : "";

        int Number(string name) => named.TryGetValue(name, out TypedConstant value) && value.Value is int number ? number : 0;

        EquatableArray<string> Texts(string name) =>
            named.TryGetValue(name, out TypedConstant value) && value.Kind == TypedConstantKind.Array && !value.IsNull
                ? new EquatableArray<string>(value.Values.Select(v => v.Value as string ?? "").ToArray())
                : EquatableArray<string>.Empty;
    }

    private static EquatableArray<string> FlagNames(TypedConstant flags)
    {
        if (flags.Type is not INamedTypeSymbol type || flags.Value is not int bits)
            return EquatableArray<string>.Empty;
        IEnumerable<string> names = type.GetMembers().OfType<IFieldSymbol>()
            .Where(field => field.ConstantValue is int bit && bit != 0 && (bit & (bit - 1)) == 0 && (bits & bit) != 0)
            .Select(field => field.Name);
        return new EquatableArray<string>(names.ToArray());
    }

    private static string ProblemOf(IMethodSymbol method)
    {
        if (!method.IsStatic)
            return "it is not static";
        if (method.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal))
            return "it is neither public nor internal";
        if (!method.ReturnsVoid || method.IsAsync)
            return "it does not return void";
        if (method.IsGenericMethod || method.ContainingType.IsGenericType)
            return "it is generic";
        if (method.Parameters.Length != 1 || method.Parameters[0].Type.Name != "CommandContext" || method.Parameters[0].RefKind != RefKind.None)
            return "it does not take exactly one CommandContext";
        for (INamedTypeSymbol? type = method.ContainingType; type is not null; type = type.ContainingType)
        {
            if (type.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal))
                return "its class is neither public nor internal";
        }
        return "";
    }

}
