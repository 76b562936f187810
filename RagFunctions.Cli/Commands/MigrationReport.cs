using System.Globalization;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary>A line for each step, in the order in which things happen.</summary>
internal sealed class MigrationReport(IAnsiConsole output) : IProgress<MigrationProgress>
{
    public void Report(MigrationProgress value)
    {
        var line = value.Kind switch
        {
            MigrationProgressKind.Waiting => "another process migrates this database; waiting for it",
            MigrationProgressKind.Applied => Line(value, "applied"),
            MigrationProgressKind.TakenBack => Line(value, "taken back"),
            MigrationProgressKind.Repaired => Line(value, "index built again"),
            _ => null,
        };
        if (line is not null)
        {
            output.WriteLine(line);
        }
    }

    private static string Line(MigrationProgress value, string what) => string.Create(
        CultureInfo.InvariantCulture,
        $"{value.Step!.Set.Name()} {value.Step.Number} {what} in {value.Elapsed.TotalSeconds:0.00} s: {value.Step.Description}");
}
