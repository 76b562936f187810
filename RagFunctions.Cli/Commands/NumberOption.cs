using System.CommandLine;
using System.Globalization;

namespace RagFunctions.Cli.Commands;

/// <summary>An option that takes a whole number within bounds; anything else is wrong usage.</summary>
internal static class NumberOption
{
    /// <summary>The value is null when the option is left out and has no default.</summary>
    public static Option<long?> Create(string name, string description, long smallest, long largest, long? defaultValue = null) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result =>
        {
            var text = result.Tokens is [var token] ? token.Value : "";
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= smallest && number <= largest)
            {
                return number;
            }

            result.AddError($"{name} is a whole number from {smallest.ToString(CultureInfo.InvariantCulture)} to {largest.ToString(CultureInfo.InvariantCulture)}.");
            return null;
        },
    };
}
