using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RagFunctions.Cli.Bench;
using RagFunctions.Cli.Demo;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Search;
using RagFunctions.Core.Store;
using RagFunctions.LocalHost;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag demo</c>: a cabinet's week in a minute, through timers, orchestrations and status URLs.</summary>
internal static class DemoCommand
{
    private const int Rows = 1_500;
    private const string Key = "demo-operator-key";

    private static readonly string[] Counts = ["rows_read", "chunks_new", "chunks_updated", "chunks_unchanged", "chunks_deleted"];

    /// <summary>The command.</summary>
    public static Command Create(CommandRunner runner)
    {
        var keep = new Option<bool>("--keep") { Description = "Keep serving afterwards, time going on from the demo's Sunday, until Ctrl+C." };
        var command = new Command("demo", "Shows the main job on a generated cabinet, in a database of its own (rag_demo).") { keep };
        runner.Run(command, scope => RunAsync(scope, scope.Parsed.GetValue(keep)));
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, bool keep)
    {
        var cancellationToken = scope.CancellationToken;
        var configured = scope.Services.GetRequiredService<IConfiguration>();
        var console = scope.Output;
        var connectionString = await DemoDatabase.CreateAsync(configured["ConnectionStrings:Main"]!, cancellationToken);
        console.MarkupLineInterpolated($"[bold]1. A database[/] [grey]{DemoDatabase.Name}, both schemas, change capture installed[/]");

        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = connectionString,
            ["ConnectionStrings:Rag"] = connectionString,
            ["Embeddings:Provider"] = "offline",
            ["Api:Keys:0:Key"] = Key,
            // Its cabinet is made up: no marketplace knows the token.
            ["SyncSchedule"] = "0 0 0 1 1 *",
            ["LocalHost:Port"] = keep ? "7071" : "0",
        }).Build();
        var clock = new SteppedClock(DateTimeOffset.UtcNow);
        await using var app = LocalApp.Build(settings, services =>
        {
            services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        var main = app.Services.GetRequiredService<MainDatabase>().Source;
        var cabinetId = await new GeneratedCabinet(Rows, seed: 7).WriteAsync(main, "Демо-магазин", cancellationToken);
        console.MarkupLineInterpolated($"[bold]2. A cabinet[/] [grey]number {cabinetId}, {Rows:N0} rows of orders, products, stocks, reviews, sales[/]");

        await app.StartAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        http.DefaultRequestHeaders.Add("X-API-KEY", Key);
        var api = new DemoApi(http, cabinetId);
        console.MarkupLineInterpolated($"[bold]3. The app[/] [grey]serving on {app.Urls.First()}, its clock is stepped by hand[/]");

        var first = await ShowRunAsync(console, api, clock.StepToNextMinute, after: null,
            "4. One minute later the sweep finds a cabinet that was never indexed", cancellationToken);

        console.MarkupLine("[bold]5. Things happen[/] [grey]by plain SQL, announced by nobody: triggers put each row into the change queue[/]");
        foreach (var (what, rows) in await DemoDatabase.LetTimePassAsync(main, cabinetId, clock.GetUtcNow(), cancellationToken))
        {
            console.MarkupLineInterpolated($"   [green]{rows,5:N0}[/] {what}");
        }

        var second = await ShowRunAsync(console, api, clock.StepToNextMinute, RunId(first),
            "6. The next sweep: rows looked at are many, texts that really changed are few", cancellationToken);

        await SearchAsync(console, app, cabinetId, "маломерит, какой размер брать", cancellationToken);
        await ShowRunAsync(console, api, clock.StepToWeeklyRebuild, RunId(second),
            "8. Sunday 03:00 UTC: the weekly rebuild re-reads everything", cancellationToken);

        var verdict = await app.Services.GetRequiredService<IndexVerifier>()
            .VerifyAsync(cabinetId, clock.GetUtcNow(), examples: 3, cancellationToken);
        console.MarkupLineInterpolated(
            $"[bold]9. Verify[/] missing {verdict.Missing}, stale {verdict.Stale}, surplus {verdict.Surplus}, pending {verdict.Pending}");
        Next(console, cabinetId, keep, app.Urls.First());
        if (keep)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var time = clock.GoOnAsync(end.Token);
            await app.WaitForShutdownAsync(cancellationToken);
            await end.CancelAsync();
            await time.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await app.StopAsync(CancellationToken.None);
        return verdict is { Missing: 0, Stale: 0, Surplus: 0, Pending: 0 } ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<JsonElement> ShowRunAsync(
        IAnsiConsole console, DemoApi api, Action step, string? after, string title, CancellationToken cancellationToken)
    {
        console.MarkupLineInterpolated($"[bold]{title}[/]");
        var run = await console.Status().StartAsync("waiting for the run", async status =>
        {
            step();
            return await api.RunAfterAsync(after, seen => status.Status = Progress(seen), cancellationToken);
        });
        console.MarkupLineInterpolated(
            $"   [grey]{run.GetProperty("mode").GetString()}, {run.GetProperty("outcome").GetString()}, {Seconds(run)} s[/]");
        var counts = Counts.Select(name => $"{name.Replace("chunks_", "").Replace('_', ' ')} {Number(run, name)}");
        console.MarkupLineInterpolated($"   chunks: {string.Join(", ", counts)}");
        console.MarkupLineInterpolated(
            $"   embedded [green]{Number(run, "embedding_inputs")}[/] texts, ${Dollars(run, "cost_usd")}; everything again would be {Number(run, "naive_inputs")} texts, ${Dollars(run, "naive_cost_usd")}");
        return run;
    }

    private static async Task SearchAsync(
        IAnsiConsole console, WebApplication app, long cabinetId, string question, CancellationToken cancellationToken)
    {
        console.MarkupLineInterpolated($"[bold]7. A search[/] \"{question}\" [grey](offline embedder: feature hashing, not semantic)[/]");
        var hits = await app.Services.GetRequiredService<VectorSearch>()
            .SearchAsync(cabinetId, question, new SearchFilter { Limit = 3 }, cancellationToken);
        foreach (var hit in hits)
        {
            console.MarkupLineInterpolated($"   [green]{hit.Similarity:F3}[/] {hit.Text.ReplaceLineEndings(" ")}");
        }
    }

    private static void Next(IAnsiConsole console, long cabinetId, bool keep, string address)
    {
        console.MarkupLine("[bold]What next[/]");
        if (keep)
        {
            console.MarkupLineInterpolated($"   curl -H 'X-API-KEY: {Key}' {address}/v1/rag/status/{cabinetId}");
            console.MarkupLineInterpolated($"   curl -H 'X-API-KEY: {Key}' -X POST '{address}/v1/rag/index/{cabinetId}?full_rebuild=true'");
            return;
        }

        console.MarkupLine("   ./eng/demo.sh --keep    the same, and it goes on serving");
        console.MarkupLine("   ./eng/test.sh           all tests");
        console.MarkupLineInterpolated($"   then, while it serves: curl -H 'X-API-KEY: {Key}' http://127.0.0.1:7071/v1/rag/status/{cabinetId}");
    }

    private static string Progress(JsonElement status) =>
        $"{status.GetProperty("indexing_status")}: {status.GetProperty("total_chunks")} chunks, {status.GetProperty("pending")} texts pending";

    private static string RunId(JsonElement run) => run.GetProperty("run_id").GetString()!;

    private static string Number(JsonElement run, string name) => run.GetProperty(name).GetInt64().ToString("N0", CultureInfo.InvariantCulture);

    private static string Dollars(JsonElement run, string name) => run.GetProperty(name).GetDecimal().ToString("F6", CultureInfo.InvariantCulture);

    private static string Seconds(JsonElement run)
    {
        var took = run.GetProperty("finished_at").GetDateTimeOffset() - run.GetProperty("started_at").GetDateTimeOffset();
        return took.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
    }
}
