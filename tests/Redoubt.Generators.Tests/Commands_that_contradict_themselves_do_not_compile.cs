namespace Redoubt.Generators.Tests;

public class Commands_that_contradict_themselves_do_not_compile
{
    private const string Words = "Group = \"string\", Since = \"1.0.0\", Summary = \"Does it\"";
    private const string OneKey = "FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = \"RW update\"";

    [Theory]
    [InlineData("RDT001", "\"get\", 2, CommandFlags.ReadOnly", "", "'get' is not a command name: it is not in upper case")]
    [InlineData("RDT001", "\"\", 2, CommandFlags.ReadOnly", "", "'' is not a command name: it is empty")]
    [InlineData("RDT001", "\"A|B|C\", 2, CommandFlags.ReadOnly", "", "two parted by '|'")]
    [InlineData("RDT001", "\"G T\", 2, CommandFlags.ReadOnly", "", "it holds a character other than")]
    [InlineData("RDT003", "\"GET\", 0, CommandFlags.ReadOnly", "", "0 is not an arity")]
    [InlineData("RDT003", "\"GET\", 3, CommandFlags.ReadOnly", "Syntax = \"value\"", "by its syntax it takes 2 words")]
    [InlineData("RDT003", "\"GET\", 3, CommandFlags.ReadOnly", "", "by its syntax it takes 1 words")]
    [InlineData("RDT003", "\"GET\", -4, CommandFlags.ReadOnly", "Syntax = \"value [COUNT=n:integer]\"", null)]
    [InlineData("RDT003", "\"GET\", -5, CommandFlags.ReadOnly", "Syntax = \"value [COUNT=n:integer]\"", "at most 4 words")]
    [InlineData("RDT003", "\"SET\", -1, CommandFlags.Write", OneKey, "no argument 1, the first key")]
    [InlineData("RDT005", "\"SET\", 1, CommandFlags.Write", "", "SET is a write command without keys")]
    [InlineData("RDT005", "\"FLUSHALL\", -1, CommandFlags.Write | CommandFlags.TouchesArbitraryKeys", "", null)]
    [InlineData("RDT007", "\"GET\", -2, CommandFlags.ReadOnly", "Syntax = \"a [b\"", "Syntax of GET, at character 5: ']' expected at the end")]
    [InlineData("RDT007", "\"GET\", -2, CommandFlags.ReadOnly", "Syntax = \"a:float\"", "unknown type 'float'")]
    [InlineData("RDT008", "\"SET\", 2, CommandFlags.Write", "FirstKey = 1, KeyFlags = \"RW\", Syntax = \"key\"", "FirstKey without LastKey and KeyStep")]
    [InlineData("RDT008", "\"SET\", 2, CommandFlags.Write", "FirstKey = 1, LastKey = 1, KeyStep = 1, Syntax = \"key\"", "FirstKey without KeyFlags")]
    [InlineData("RDT008", "\"SET\", 2, CommandFlags.Write", "KeyFlags = \"RW\", Syntax = \"key\"", "neither FirstKey nor a place")]
    [InlineData("RDT008", "\"SET\", 2, CommandFlags.Write", OneKey + ", Syntax = \"key#1\"", "refers to key specification 1, of which there are 1")]
    [InlineData("RDT008", "\"SET\", 2, CommandFlags.Write", "FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = \"update\", Syntax = \"key\"", "exactly one of RO, RW, OW and RM")]
    [InlineData("RDT009", "\"CLIENT|ID\", 2, CommandFlags.None", "", "CLIENT|ID is a subcommand, but nothing declares CLIENT")]
    [InlineData("RDT010", "\"GET\", 1, CommandFlags.ReadOnly", "Acl = \"strings\"", "'strings', which does not exist")]
    [InlineData("RDT010", "\"GET\", 1, CommandFlags.ReadOnly", "Acl = \"fast\"", "'fast', which follows from the flags")]
    [InlineData("RDT011", "\"SET\", 2, CommandFlags.Write | CommandFlags.ReadOnly", OneKey + ", Syntax = \"key#0\"", "Write and ReadOnly exclude each other")]
    [InlineData("RDT012", "\"GET\", 1, CommandFlags.ReadOnly", "History = [\"Added x\"]", "'Added x' of GET is not of the form")]
    public void Each_mistake_has_its_rule_and_says_what_is_wrong(string id, string positional, string named, string? says)
    {
        string attribute = $"[Command({positional}, {Words}{(named.Length > 0 ? ", " + named : "")})]";
        GeneratedTable table = GeneratedTable.Broken(Class($"{attribute} public static void Body(CommandContext c) {{ }}"));

        if (says is null)
        {
            Assert.Empty(table.Diagnostics);
            return;
        }
        Microsoft.CodeAnalysis.Diagnostic diagnostic = Assert.Single(table.Diagnostics);
        Assert.Equal(id, diagnostic.Id);
        Assert.Contains(says, diagnostic.GetMessage());
        Assert.Equal(Microsoft.CodeAnalysis.DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Equal("Declared.cs", diagnostic.Location.GetLineSpan().Path);
    }

    [Theory]
    [InlineData("Group = \"string\", Since = \"1.0.0\", Summary = \"\"", "summary")]
    [InlineData("Group = \" \", Since = \"1.0.0\", Summary = \"x\"", "group")]
    [InlineData("Group = \"string\", Since = \"\", Summary = \"x\"", "Since")]
    public void A_command_without_documentation_is_refused(string named, string missing)
    {
        GeneratedTable table = GeneratedTable.Broken(Class($"[Command(\"TIME\", 1, CommandFlags.Fast, {named})] public static void Body(CommandContext c) {{ }}"));

        Microsoft.CodeAnalysis.Diagnostic diagnostic = Assert.Single(table.Diagnostics);
        Assert.Equal("RDT004", diagnostic.Id);
        Assert.Contains($"TIME has no {missing}", diagnostic.GetMessage());
    }

    [Theory]
    [InlineData("public void Body(CommandContext c) { }", "it is not static")]
    [InlineData("private static void Body(CommandContext c) { }", "neither public nor internal")]
    [InlineData("public static int Body(CommandContext c) => 0;", "does not return void")]
    [InlineData("public static void Body() { }", "exactly one CommandContext")]
    [InlineData("public static void Body(ref CommandContext c) { }", "exactly one CommandContext")]
    [InlineData("public static void Body<T>(CommandContext c) { }", "it is generic")]
    [InlineData("public static async void Body(CommandContext c) { }", "does not return void")]
    public void A_method_that_cannot_be_called_directly_is_refused(string method, string says)
    {
        GeneratedTable table = GeneratedTable.Broken(Class($"[Command(\"TIME\", 1, CommandFlags.Fast, {Words})] {method}"));

        Microsoft.CodeAnalysis.Diagnostic diagnostic = Assert.Single(table.Diagnostics);
        Assert.Equal("RDT006", diagnostic.Id);
        Assert.Contains(says, diagnostic.GetMessage());
    }

    [Fact]
    public void A_second_command_of_the_same_name_is_refused()
    {
        string command = $"[Command(\"TIME\", 1, CommandFlags.Fast, {Words})]";
        GeneratedTable table = GeneratedTable.Broken(Class(
            $"{command} public static void One(CommandContext c) {{ }}\n{command} public static void Two(CommandContext c) {{ }}"));

        Microsoft.CodeAnalysis.Diagnostic diagnostic = Assert.Single(table.Diagnostics);
        Assert.Equal("RDT002", diagnostic.Id);
        Assert.Contains("TIME is declared more than once", diagnostic.GetMessage());
        Assert.Equal(4, diagnostic.Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public void The_sound_commands_are_in_the_table_even_when_another_is_broken()
    {
        GeneratedTable table = GeneratedTable.Broken(Class(
            $"[Command(\"TIME\", 1, CommandFlags.Fast, {Words})] public static void One(CommandContext c) {{ }}\n"
            + $"[Command(\"ping\", 1, CommandFlags.Fast, {Words})] public static void Two(CommandContext c) {{ }}"));

        Assert.Equal("TIME", Assert.Single(table.Commands).Model.Name);
    }

    [Fact]
    public void An_edit_elsewhere_does_not_write_the_table_again()
    {
        string declared = Class($"[Command(\"TIME\", 1, CommandFlags.Fast, {Words})] public static void Body(CommandContext c) {{ }}");

        Assert.Equal("Cached", GeneratedTable.ReasonToWriteAfter(declared, "class Unrelated { }"));
        Assert.Equal("Modified", GeneratedTable.ReasonToWriteAfter(declared, "namespace Redoubt.Commands; "
            + $"static class More {{ [Command(\"PING\", 1, CommandFlags.Fast, {Words})] public static void Body(CommandContext c) {{ }} }}"));
    }

    private static string Class(string members) => $"public static class Declared\n{{\n    {members}\n}}";
}
