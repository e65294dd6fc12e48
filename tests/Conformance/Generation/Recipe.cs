using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>
/// How to make one kind of command. To have a new command compared with Redis, add a recipe to the list of its family (or a family
/// to <see cref="Recipes"/>); every differential test picks it up.
/// </summary>
/// <param name="Name">Command, and subcommand if any; the name of the test that runs this recipe by itself.</param>
/// <param name="Weight">How often it comes in a mixture, relative to the others.</param>
/// <param name="Make">Draws the arguments, the command's name first; Latin-1 text stands for bytes.</param>
/// <param name="Canonical">
/// For what one reply cannot show (a whole iteration, a random member): runs on each server by itself and gives text that must be equal.
/// </param>
/// <param name="Makes">It makes keys for the other recipes of its family to find.</param>
internal sealed record Recipe(string Name, int Weight, Func<Draw, string[]> Make, Func<RespConnection, string[], string>? Canonical = null, bool Makes = false)
{
    /// <summary>What kind of value it is about: a recipe tested by itself runs among the makers of its family and of strings.</summary>
    public string Family { get; init; } = Recipes.Strings;

    public override string ToString() => Name;
}

/// <summary>One command as both servers get it.</summary>
internal sealed record Request(Recipe Recipe, byte[][] Arguments)
{
    public string Name => Text(0).ToUpperInvariant();

    public string Subcommand => Text(1).ToUpperInvariant();

    public bool Is(string name, string? subcommand = null) => Name == name && (subcommand is null || Subcommand == subcommand);

    public string Text(int index) => index < Arguments.Length ? System.Text.Encoding.Latin1.GetString(Arguments[index]) : "";

    public override string ToString() => Wire.ShowCommand(Arguments);
}
