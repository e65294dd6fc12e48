using System.CommandLine;
using System.Globalization;

namespace Redoubt.Cli;

/// <summary>Options that take a number within bounds, with one wording for what is none.</summary>
internal static class NumberOption
{
    public static Option<long> Create(string name, string description, string helpName, long usual, long from, long to) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= from && number <= to)
                return number;
            result.AddError(to == long.MaxValue
                ? $"{name} takes a number from {from} on, not '{text}'."
                : $"{name} takes a number from {from} to {to}, not '{text}'.");
            return usual;
        },
    };
}
