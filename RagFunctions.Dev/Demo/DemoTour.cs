using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Cli;
using RagFunctions.Core.Search;
using RagFunctions.Core.Store;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using Spectre.Console;

namespace RagFunctions.Dev.Demo;

/// <summary>The demo from the first sync to the weekly rebuild, on a database that is there.</summary>
/// <param name="console">Where it is told.</param>
/// <param name="connectionString">A database with both schemas and nothing else.</param>
/// <param name="options">The shop.</param>
/// <param name="syncs">How many syncs, two hours apart.</param>
internal sealed class DemoTour(IAnsiConsole console, string connectionString, ShopOptions options, int syncs)
{
    private const string Question = "маломерит, какой размер брать";

    private static readonly TimeSpan Between = TimeSpan.FromHours(2);

    // Where the console is a file, a line of progress a second is enough.
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(1);

    private readonly DemoReport _report = new(console);

    /// <summary>Does it all.</summary>
    /// <param name="keep">Go on serving afterwards, on the usual port.</param>
    /// <param name="cancellationToken">Stops; ends <paramref name="keep"/>.</param>
    /// <returns>An <see cref="ExitCode"/>: failed unless index and tables agree and no rule of the marketplace was broken.</returns>
    public async Task<int> RunAsync(bool keep, CancellationToken cancellationToken)
    {
        var clock = new SteppedClock(SteppedClock.StartBefore(DateTimeOffset.UtcNow));
        await using var shop = await DemoShop.StartAsync(options, clock);
        _report.Step("A shop", $"{shop.Story}");
        await using var host = await DemoHost.StartAsync(connectionString, shop, clock, keep ? 7071 : 0, cancellationToken);
        _report.Step("The app", $"serves on {host.Address}; cabinet {host.CabinetId} with the shop's token, stored encrypted; one clock for app, limits and shop, stepped by hand");

        var ledger = await LiveAsync(host, shop, clock, cancellationToken);
        _report.Step("A search", $"\"{Question}\" by meaning and by word (offline embedder: feature hashing, not semantic)");
        var answer = await host.Services.GetRequiredService<IndexSearch>()
            .FindAsync(host.CabinetId, new SearchRequest(Question) { Limit = 3 }, cancellationToken);
        _report.Hits(answer.Hits);

        var isClean = await RebuildAsync(host, clock, ledger, cancellationToken);
        _report.Step("Status and metrics", $"of the last run, as the HTTP API tells them");
        _report.Status(await host.Api.StatusAsync(cancellationToken));
        _report.Metrics(await host.Api.MetricsAsync(cancellationToken));
        _report.Tell($"marketplace: {shop.Requests:N0} requests, {shop.Violations} against its rules");
        _report.Next(host.CabinetId, keep ? host.Address : null);
        if (keep)
        {
            await clock.GoOnAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return isClean && shop.Violations == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private async Task<DemoLedger> LiveAsync(DemoHost host, DemoShop shop, SteppedClock clock, CancellationToken cancellationToken)
    {
        var ledger = new DemoLedger(host.Api);
        var due = clock.GetUtcNow().AddMinutes(1);
        _report.Step("The first sync", $"{due:dddd HH:mm} UTC: the timer finds a new cabinet, reads 90 days within the limits and indexes them");
        var began = Stopwatch.GetTimestamp();
        var first = await ledger.NoteAsync(due, await ShowAsync(host, () => clock.StepTo(due), cancellationToken), cancellationToken);
        var took = Stopwatch.GetElapsedTime(began);
        _report.Tell($"{first.RowsRead:N0} rows read by {shop.Requests:N0} requests, {(clock.GetUtcNow() - due).TotalMinutes:F1} minutes of the shop's time, {took.TotalSeconds:F1} s of ours");

        _report.Step("Two days", $"a sync every two hours; where few rows lead to many texts, an article was renamed and the rows that print its name follow");
        _report.Head();
        _report.Row(first);
        for (var sync = 1; sync < syncs; sync++)
        {
            var next = due + (sync * Between);
            var summary = await host.Pace.SyncAsync(() => clock.StepTo(next), _ => { }, cancellationToken);
            _report.Row(await ledger.NoteAsync(next, summary, cancellationToken));
        }

        _report.Totals(ledger.Lines);
        return ledger;
    }

    private async Task<bool> RebuildAsync(DemoHost host, SteppedClock clock, DemoLedger ledger, CancellationToken cancellationToken)
    {
        _report.Step("The weekly rebuild", $"Sunday 03:00 UTC, while a sync is due too: everything is read again, nothing is embedded twice");
        var line = await ledger.NoteAsync(
            clock.GetUtcNow(), await ShowAsync(host, clock.StepToWeeklyRebuild, cancellationToken), cancellationToken);
        var rebuild = line.Runs.FirstOrDefault(run => run.Mode == "full_rebuild") ?? throw new CliException("There was no weekly rebuild.");
        _report.Tell($"chunks: new {rebuild.ChunksNew:N0}, updated {rebuild.ChunksUpdated:N0}, unchanged {rebuild.ChunksUnchanged:N0}, deleted {rebuild.ChunksDeleted:N0}; embedded {rebuild.EmbeddingInputs:N0} texts");
        var verdict = await host.Services.GetRequiredService<IndexVerifier>()
            .VerifyAsync(host.CabinetId, clock.GetUtcNow(), examples: 3, cancellationToken);
        _report.Verdict(verdict);
        return verdict.IsClean;
    }

    private Task<RagFunctions.Sync.SyncSummary> ShowAsync(DemoHost host, Action step, CancellationToken cancellationToken) =>
        console.Status().StartAsync("reading the marketplace", status =>
        {
            var shown = Stopwatch.GetTimestamp();
            return host.Pace.SyncAsync(
                step,
                seen =>
                {
                    if (Stopwatch.GetElapsedTime(shown) >= Shown)
                    {
                        shown = Stopwatch.GetTimestamp();
                        status.Status = string.Create(
                            CultureInfo.InvariantCulture, $"{seen.TotalChunks:N0} chunks, {seen.Pending:N0} texts and {seen.Queued:N0} rows to do");
                    }
                },
                cancellationToken);
        });
}
