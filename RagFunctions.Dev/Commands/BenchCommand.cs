using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Cli;
using RagFunctions.Core.Databases;
using RagFunctions.Dev.Bench;
using RagFunctions.Dev.Bench.Search;
using RagFunctions.Dev.Bench.Sync;
using RagFunctions.Dev.Fakes.Embeddings;
using Spectre.Console;

namespace RagFunctions.Dev.Commands;

/// <summary><c>rag-dev bench</c>: engine and floor side by side, in one run on one machine.</summary>
internal static class BenchCommand
{
    /// <summary>At and above this size one measurement is enough: it takes minutes and varies little.</summary>
    private const int MeasuredOnce = 100_000;

    private const int Repeats = 3;

    private static readonly Option<int[]> Rows = new("--rows")
    {
        Description = "Sizes of the generated cabinet.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1_500, 15_000],
    };

    private static readonly Option<bool> WithHnsw = new("--hnsw")
    {
        Description = "With an HNSW index in place: what it costs.",
    };

    private static readonly Option<bool> OfSync = new("--sync")
    {
        Description = "Measures the marketplace sync instead: 100,000 orders read for the first time, and again when nothing changed.",
    };

    private static readonly Option<bool> OfFairness = new("--fairness")
    {
        Description = "Measures instead how long 50 quiet cabinets wait while another embeds 150,000 texts at 350,000 tokens a minute.",
    };

    private static readonly Option<bool> OfSearch = new("--search")
    {
        Description = "Measures the search of a cabinet of 10,000 chunks instead, cold and warm; with --chunks each mode over cabinets of these sizes.",
    };

    private static readonly Option<int[]> Chunks = new("--chunks")
    {
        Description = "With --search: sizes of the cabinets searched in each mode, such as 10000 100000 500000, with the recall of the search in two steps.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Others = new("--others")
    {
        Description = "With --search --chunks: other cabinets beside, of 100 chunks each.",
        DefaultValueFactory = _ => 1_000,
    };

    /// <summary>The command.</summary>
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("bench", "Measures indexing against the least the job can cost. Uses a database of its own; takes minutes.")
        {
            Rows,
            WithHnsw,
            OfSync,
            OfSearch,
            OfFairness,
            Chunks,
            Others,
        };
        runner.Run(
            command,
            scope => scope.Parsed.GetValue(OfFairness) ? FairnessBench.RunAsync(scope)
                : scope.Parsed.GetValue(OfSync) ? SyncBench.RunAsync(scope)
                : scope.Parsed.GetValue(OfSearch) && scope.Parsed.GetValue(Chunks) is { Length: > 0 } sizes
                    ? SearchSizes.RunAsync(scope, sizes, scope.Parsed.GetValue(Others))
                : scope.Parsed.GetValue(OfSearch) ? SearchBench.RunAsync(scope)
                : RunAsync(scope));
        return command;
    }

    /// <summary>The hidden command behind each measured process.</summary>
    public static Command CreateWorker(CommandRunner runner)
    {
        var subject = new Argument<string>("subject");
        var command = new Command("bench-worker") { subject };
        command.Hidden = true;
        runner.Run(command, async scope =>
        {
            var settings = scope.Services.GetRequiredService<IConfiguration>();
            await using IBenchSubject measured = scope.Parsed.GetValue(subject) switch
            {
                "floor" => await BaselineSubject.CreateAsync(
                    settings["ConnectionStrings:Rag"]!, new Uri(settings["Embeddings:Endpoint"]!), scope.CancellationToken),
                "sync" => new SyncSubject(scope.Services),
                _ => new EngineSubject(scope.Services),
            };
            await BenchWorker.RunAsync(measured, Console.In, Console.Out, scope.CancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope)
    {
        var server = scope.Services.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Rag;
        await using var provider = await FakeEmbeddingsServer.StartAsync(FakeEmbeddingsOptions.OrdinarySpeed);
        await using var database = await BenchDatabase.CreateAsync(server, scope.CancellationToken);
        using var floor = BenchWorkerProcess.Embedding("floor", database.ConnectionString, provider.BaseUrl);
        using var engine = BenchWorkerProcess.Embedding("engine", database.ConnectionString, provider.BaseUrl);
        if (scope.Parsed.GetValue(WithHnsw))
        {
            await database.AddHnswAsync(scope.CancellationToken);
        }

        var run = new BenchRun(database, engine, floor);
        List<BenchLine> lines = [];
        foreach (var rows in scope.Parsed.GetValue(Rows)!)
        {
            var repeats = rows >= MeasuredOnce ? 1 : Repeats;
            lines.AddRange(await run.MeasureAsync(rows, repeats, scope.Output.WriteLine, scope.CancellationToken));
        }

        scope.Output.Write(TableOf(lines));
        scope.Output.WriteLine(
            "Floor: the same rows, columns and texts, all in memory; embed with 8 requests in parallel, COPY, one INSERT ... ON CONFLICT, "
            + "one transaction; no queue, no lease, no guard, no resuming, no verification. Provider: 60 ms a request and 0.2 ms an input. Median of three up to 15,000 rows; default durability. "
            + "cpu s: processor time of the measured process, engine / floor, without PostgreSQL's.");
        return lines.All(line => line.Wrong == 0 && line.Readings.All(reading => reading.Error is null)) ? ExitCode.Done : ExitCode.Failed;
    }

    private static Table TableOf(IEnumerable<BenchLine> lines)
    {
        var table = new Table().AddColumns(
            "rows", "step", "engine s", "floor s", "ratio", "cpu s", "ms/input", "requests", "inputs", "engine MB", "floor MB", "wrong");
        foreach (var line in lines)
        {
            var engine = BenchLine.Median(line.Engine) / 1_000;
            var floor = BenchLine.Median(line.Baseline) / 1_000;
            table.AddRow(
                Number(line.Rows, "N0"),
                line.Step.ToString(),
                Number(engine, "F3"),
                Number(floor, "F3"),
                Number(engine / floor, "F2"),
                $"{Number(BenchLine.MedianCpu(line.Engine) / 1_000, "F2")} / {Number(BenchLine.MedianCpu(line.Baseline) / 1_000, "F2")}",
                line.Engine[^1].Inputs == 0 ? "" : Number(1_000 * engine / line.Engine[^1].Inputs, "F2"),
                $"{Number(line.Engine[^1].Requests, "N0")} / {Number(line.Baseline[^1].Requests, "N0")}",
                $"{Number(line.Engine[^1].Inputs, "N0")} / {Number(line.Baseline[^1].Inputs, "N0")}",
                Number(line.Engine.Max(r => r.PeakBytes) / 1_048_576d, "F0"),
                Number(line.Baseline.Max(r => r.PeakBytes) / 1_048_576d, "F0"),
                line.Readings.FirstOrDefault(r => r.Error is not null)?.Error?.EscapeMarkup() ?? Number(line.Wrong, "N0"));
        }

        return table;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
