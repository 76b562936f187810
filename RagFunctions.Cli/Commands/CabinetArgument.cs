using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RagFunctions.Cli.Commands;

/// <summary>The cabinet a command is about.</summary>
internal static class CabinetArgument
{
    private const string Name = "cabinet";
    private const string Description = "Id of the cabinet, wb_cabinets.id.";

    public static Argument<long> Create() => new(Name) { Description = Description, CustomParser = result => Parse(result) ?? 0 };

    /// <summary>The same, for commands that may be about all of them.</summary>
    public static Argument<long?> CreateOptional() =>
        new(Name) { Description = Description, Arity = ArgumentArity.ZeroOrOne, CustomParser = Parse };

    private static long? Parse(ArgumentResult result)
    {
        if (result.Tokens is [var token]
            && long.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0)
        {
            return id;
        }

        result.AddError("A cabinet's id is a whole number above 0.");
        return null;
    }
}
