using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Migrations.Main;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag migrate [main|rag]</c>: applies what has not run yet.</summary>
internal static class MigrateCommand
{
    // The list price of text-embedding-3-small.
    private const decimal DefaultPricePerMillionTokens = 0.02m;

    public static Command Create(CommandRunner runner)
    {
        var set = MigrationSetArgument.Create(isOptional: true);
        var capture = new Option<bool>("--capture-changes")
        {
            Description = "Install triggers that queue every change of the source tables, for a main database that another service writes.",
        };
        var noCapture = new Option<bool>("--no-capture-changes") { Description = "Remove those triggers." };
        var dropKeys = new Option<bool>("--drop-original-keys")
        {
            Description = "Drop the original's unique constraints on orders, sales and stocks, which the marketplace's rows do not keep.",
        };
        var yes = new Option<bool>("--yes") { Description = "Upgrade an index of the original without asking." };
        var command = new Command("migrate", "Brings the schemas up to date.") { set, capture, noCapture, dropKeys, yes };
        command.Validators.Add(result =>
        {
            var (isCapture, isNoCapture) = (result.GetValue(capture), result.GetValue(noCapture));
            if (isCapture && isNoCapture)
            {
                result.AddError("--capture-changes and --no-capture-changes exclude each other.");
            }
            else if ((isCapture || isNoCapture) && result.GetValue(set) == MigrationSet.Rag.Name())
            {
                result.AddError("Change capture belongs to the set main.");
            }
            else if (result.GetValue(dropKeys) && result.GetValue(set) == MigrationSet.Rag.Name())
            {
                result.AddError("The original's keys belong to the set main.");
            }
        });
        runner.Run(command, async scope =>
        {
            foreach (var chosen in MigrationSetArgument.Chosen(scope.Parsed, set))
            {
                if (chosen == MigrationSet.Rag)
                {
                    await AnnounceUpgradeAsync(scope, scope.Parsed.GetValue(yes));
                }

                await MigrateAsync(scope, chosen);
                if (chosen == MigrationSet.Main)
                {
                    await SetCaptureAsync(scope, scope.Parsed.GetValue(capture), scope.Parsed.GetValue(noCapture));
                    await TreatOriginalKeysAsync(scope, scope.Parsed.GetValue(dropKeys));
                    await TellUnknownAsync(scope);
                }
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task MigrateAsync(CommandScope scope, MigrationSet set)
    {
        var applied = await SchemaMigrator.MigrateAsync(
            set, scope.DatabaseOf(set), new MigrationReport(scope.Output), scope.CancellationToken);
        if (applied.Count == 0)
        {
            scope.Output.MarkupLineInterpolated($"{set.Name()}: up to date");
        }
    }

    private static async Task AnnounceUpgradeAsync(CommandScope scope, bool isAgreed)
    {
        if (await UpgradeEstimate.MeasureAsync(scope.Rag.Source, scope.CancellationToken) is not { } estimate)
        {
            return;
        }

        var price = scope.Services.GetRequiredService<IConfiguration>()
            .GetValue("Embeddings:PricePerMillionTokens", DefaultPricePerMillionTokens);
        var cost = estimate.Tokens * price / 1_000_000m;
        scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            This index was made by the original system. The upgrade means one full re-embedding:
              cabinets           {estimate.Cabinets:N0}
              chunks             {estimate.Chunks:N0}, of which {estimate.RemovedChunks:N0} of products and stocks are removed and made again
              vectors            {estimate.Vectors:N0}
              tokens to embed    about {estimate.Tokens:N0}
              expected cost      about ${cost:0.00} at ${price:0.####} per million tokens (Embeddings:PricePerMillionTokens)
            Stop the original's indexing first. Readers keep working; the article filter moves from source_id to nm_id.
            """));
        if (isAgreed)
        {
            return;
        }

        if (!scope.Environment.CanAsk)
        {
            throw new CliException("Not upgraded: nobody is there to ask. Run it again with --yes.");
        }

        if (!await scope.Output.ConfirmAsync("Upgrade?", defaultValue: false, scope.CancellationToken))
        {
            throw new CliException("Not upgraded.");
        }
    }

    private static async Task SetCaptureAsync(CommandScope scope, bool isCapture, bool isNoCapture)
    {
        if (isCapture)
        {
            await ChangeCapture.InstallAsync(scope.Main.Source, scope.CancellationToken);
            scope.Output.MarkupLineInterpolated($"main: changes of the source tables are captured");
        }
        else if (isNoCapture)
        {
            await ChangeCapture.RemoveAsync(scope.Main.Source, scope.CancellationToken);
            scope.Output.MarkupLineInterpolated($"main: changes of the source tables are no longer captured");
        }
    }

    private static async Task TellUnknownAsync(CommandScope scope)
    {
        if (await ChangeQueue.CountUnknownAsync(scope.Main.Source, scope.CancellationToken) is > 0 and var rows)
        {
            scope.Output.MarkupLineInterpolated(
                CultureInfo.InvariantCulture, $"main: {rows} queued rows name tables that are not indexed; they are put aside in rag_changes_unknown");
        }
    }

    private static async Task TreatOriginalKeysAsync(CommandScope scope, bool isDrop)
    {
        var present = string.Join(", ", await OriginalKeys.PresentAsync(scope.Main.Source, scope.CancellationToken));
        if (present.Length == 0)
        {
            return;
        }

        if (isDrop)
        {
            await OriginalKeys.DropAsync(scope.Main.Source, scope.CancellationToken);
            scope.Output.MarkupLineInterpolated($"main: dropped {present}");
        }
        else
        {
            scope.Output.MarkupLineInterpolated($"main: {present} keep the marketplace sync from starting; --drop-original-keys drops them");
        }
    }
}

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
