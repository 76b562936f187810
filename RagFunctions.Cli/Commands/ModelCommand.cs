using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Status;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag model status|switch|finish|abandon</c>: which embedder the index is made with, and its change to another.</summary>
internal static class ModelCommand
{
    public static Command Create(CommandRunner runner) => new("model", "The embedding model of the index, and its change while search goes on.")
    {
        Status(runner), Switch(runner), Finish(runner), Abandon(runner),
    };

    private static Command Status(CommandRunner runner)
    {
        var command = new Command("status", "Says which model the index is made with, whether the settings name the same, and how far a change is.");
        runner.Run(command, async scope =>
        {
            var embedder = scope.Services.GetRequiredService<IndexEmbedder>();
            var generations = await embedder.ReadAsync(scope.CancellationToken);
            if (generations.Next is { } next)
            {
                await TellProgressAsync(scope, embedder, generations.Active, next);
                return ExitCode.Done;
            }

            scope.Output.WriteLine(embedder.Check(generations) is { } active
                ? $"index and settings: {active.Identity}"
                : $"settings: {embedder.Configured}; the index holds no vector yet and takes this model");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task TellProgressAsync(CommandScope scope, IndexEmbedder embedder, EmbedderIdentity? active, EmbedderIdentity next)
    {
        var cabinets = await scope.Services.GetRequiredService<GenerationProgress>().ReadAsync(scope.CancellationToken);
        var known = cabinets.Where(cabinet => cabinet.IsActive).ToList();
        scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            active  {active}{(active is not null && embedder.IsConfigured(active) ? "" : ": NOT in these settings")}
            next    {next}{(embedder.IsConfigured(next) ? "" : ": NOT in these settings (Embeddings:Next:*)")}
            chunks  {known.Sum(cabinet => cabinet.Done):N0} of {known.Sum(cabinet => cabinet.Chunks):N0} have their vector of it, {known.Sum(cabinet => cabinet.Failed):N0} failed
            moved   {known.Count(cabinet => cabinet.OnNext):N0} of {known.Count:N0} {(known.Count == 1 ? "cabinet" : "cabinets")}{(known.TrueForAll(cabinet => cabinet.OnNext) ? ": rag model finish" : "")}
            """));
        const int Shown = 20;
        if (known.Where(cabinet => !cabinet.OnNext).ToList() is { Count: > 0 } left)
        {
            var table = new Table().AddColumns("cabinet", "done", "of", "failed");
            foreach (var cabinet in left.Take(Shown))
            {
                table.AddRow([.. ((long[])[cabinet.CabinetId, cabinet.Done, cabinet.Chunks, cabinet.Failed]).Select(number => number.ToString("N0", CultureInfo.InvariantCulture))]);
            }

            scope.Output.Write(table);
            if (left.Count > Shown)
            {
                scope.Output.WriteLine($"and {left.Count - Shown} more");
            }
        }
    }

    private static Command Switch(CommandRunner runner)
    {
        var model = new Option<string>("--model") { Description = "The model, as the settings name it.", Required = true };
        var dimensions = new Option<int>("--dimensions") { Description = "Length of its vectors.", Required = true };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tells what it would cost." };
        var command = new Command("switch", "Changes the model. An index without vectors takes another at once; else the runs build its vectors beside the present ones.")
        {
            model, dimensions, dryRun,
        };
        runner.Run(command, async scope =>
        {
            var embedder = scope.Services.GetRequiredService<IndexEmbedder>();
            var (name, length) = (scope.Parsed.GetValue(model)!, scope.Parsed.GetValue(dimensions));
            var generations = await embedder.ReadAsync(scope.CancellationToken);
            return generations is { Active: null, Next: null }
                ? await SwitchEmptyAsync(scope, embedder.Configured, name, length, scope.Parsed.GetValue(dryRun))
                : await SwitchAsync(scope, name, length, scope.Parsed.GetValue(dryRun));
        });
        return command;
    }

    private static async Task<int> SwitchEmptyAsync(CommandScope scope, EmbedderIdentity configured, string name, int length, bool dryRun)
    {
        if (name != configured.Model || length != configured.Dimensions)
        {
            throw new CliException($"The settings name {configured}: set Embeddings:Model and Embeddings:Dimensions to the new model first; the index holds no vector yet.");
        }

        if (dryRun)
        {
            scope.Output.WriteLine($"the index holds no vector: it would take {configured} at once, and nothing is embedded again");
            return ExitCode.Done;
        }

        if (!await scope.Services.GetRequiredService<EmptyIndex>().TrySwitchAsync(length, scope.CancellationToken))
        {
            throw new CliException("The index holds vectors by now: try again. Nothing was changed.");
        }

        scope.Output.WriteLine($"the index takes vectors of {configured}");
        return ExitCode.Done;
    }

    private static async Task<int> SwitchAsync(CommandScope scope, string name, int length, bool dryRun)
    {
        var embedders = scope.Services.GetRequiredService<Embedders>();
        var chosen = new[] { embedders.Next, embedders.Main }.FirstOrDefault(one => one?.Identity.Model == name && one.Identity.Dimensions == length)
            ?? throw new CliException(
                $"The settings name {embedders.Main.Identity}{(embedders.Next is { } other ? $" and {other.Identity}" : "")}: leave Embeddings:* as it is and set "
                + "Embeddings:Next:Model, Embeddings:Next:Dimensions and what else the new embedder needs, for the app too. Nothing was changed.");
        var change = scope.Services.GetRequiredService<ModelSwitch>();
        var goesOn = await change.CheckAsync(chosen.Identity, scope.CancellationToken);
        if (!goesOn)
        {
            Tell(scope, await SwitchEstimate.MeasureAsync(scope.Rag, chosen.Options, scope.CancellationToken), chosen);
        }

        if (dryRun)
        {
            scope.Output.WriteLine("nothing was changed");
            return ExitCode.Done;
        }

        scope.Output.WriteLine(await change.BeginAsync(chosen.Identity, scope.CancellationToken)
            ? "begun: the runs build it beside the present vectors, and each cabinet's search moves when its part is complete"
            : "goes on: it was begun before");
        scope.Output.WriteLine("rag model status tells how far it is; then rag model finish, or rag model abandon to give it up");
        return ExitCode.Done;
    }

    private static void Tell(CommandScope scope, SwitchEstimate estimate, Embedder chosen)
    {
        var limit = chosen.Options.TokensPerMinute;
        scope.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {chosen.Identity}
            texts   {estimate.Texts:N0} different ones in {estimate.Chunks:N0} chunks of {estimate.Cabinets:N0} {(estimate.Cabinets == 1 ? "cabinet" : "cabinets")}, each sent once
            tokens  {estimate.Tokens:N0} by estimate
            price   ${estimate.Usd:0.00####} at ${chosen.Options.PricePerMillionTokens:0.######} a million tokens
            room    {estimate.Bytes / 1_048_576.0:N0} MiB more until it is finished
            """));
        scope.Output.WriteLine(estimate is { Time: { } all, TimeAtShare: { } share }
            ? string.Create(CultureInfo.InvariantCulture, $"time    {Hours(all)} at the limit of {limit:N0} tokens a minute, {Hours(share)} at the share of {chosen.Options.LargeRunsShare:0.##}")
            : "time    not known: Embeddings:Next:TokensPerMinute is not set, and nothing holds the building back");
    }

    private static string Hours(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.##} h");

    private static Command Finish(CommandRunner runner) => Ending(
        runner,
        new Command("finish", "Drops the former vectors, once the search of every cabinet has moved. It cannot be taken back."),
        (change, cancellationToken) => change.FinishAsync(cancellationToken),
        active => $"the index is made with {active}; move Embeddings:Next:* to Embeddings:* at the next deployment");

    private static Command Abandon(CommandRunner runner) => Ending(
        runner,
        new Command("abandon", "Gives a change up: search is by the former vectors, and what was built is dropped."),
        (change, cancellationToken) => change.AbandonAsync(cancellationToken),
        active => $"given up: the index is made with {active}; take Embeddings:Next:* out of the settings");

    private static Command Ending(
        CommandRunner runner, Command command, Func<ModelSwitch, CancellationToken, Task<bool>> end, Func<EmbedderIdentity?, string> told)
    {
        runner.Run(command, async scope =>
        {
            var ended = await end(scope.Services.GetRequiredService<ModelSwitch>(), scope.CancellationToken);
            var active = (await scope.Services.GetRequiredService<IndexEmbedder>().ReadAsync(scope.CancellationToken)).Active;
            scope.Output.WriteLine(ended ? told(active) : $"no change is under way: the index is made with {active?.ToString() ?? "no embedder yet"}");
            return ExitCode.Done;
        });
        return command;
    }
}
