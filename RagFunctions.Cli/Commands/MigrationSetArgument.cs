using System.CommandLine;
using RagFunctions.Core.Migrations;

namespace RagFunctions.Cli.Commands;

/// <summary>The argument <c>main|rag</c>.</summary>
internal static class MigrationSetArgument
{
    public static Argument<string?> Create(bool isOptional) => new Argument<string?>("set")
    {
        Description = isOptional ? "main or rag; both when left out." : "main or rag.",
        Arity = isOptional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    }.AcceptOnlyFromAmong([.. MigrationSetNames.All.Select(set => set.Name())]);

    /// <summary>The sets that are meant: one, or both when none was named.</summary>
    public static IReadOnlyList<MigrationSet> Chosen(ParseResult parsed, Argument<string?> argument) =>
        parsed.GetValue(argument) is { } name ? [MigrationSetNames.All.Single(set => set.Name() == name)] : MigrationSetNames.All;
}
