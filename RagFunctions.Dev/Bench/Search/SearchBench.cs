using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Pgvector;
using RagFunctions.Cli;
using RagFunctions.Core.Databases;
using RagFunctions.Dev.Fakes.Embeddings;
using Spectre.Console;

namespace RagFunctions.Dev.Bench.Search;

/// <summary><c>rag bench --search</c>: how long the exact search of one cabinet takes, with nothing in memory and with everything.</summary>
/// <remarks>
/// Cold: the first search on a new connection to a copy of the database of which not one page is in PostgreSQL's shared buffers
/// (<c>CREATE DATABASE … STRATEGY FILE_COPY</c> copies past them; the operating system's cache holds the files). Warm: one connection,
/// everything in shared buffers, every search with another question. Connecting is not counted, embedding the question is not part of it.
/// </remarks>
internal static class SearchBench
{
    /// <summary>Rows, and so about as many chunks, of the cabinet that is searched.</summary>
    private const int Rows = 10_000;

    private const int Colds = 20;
    private const int Warms = 200;

    private const string Search = """
        SELECT source_table, source_id, chunk_index, nm_id, business_date, chunk_text, similarity
        FROM rag_search($1, $2, (SELECT model FROM rag_embedder))
        """;

    /// <summary>Indexes a cabinet with the engine, searches it, prints the table.</summary>
    public static async Task<int> RunAsync(CommandScope scope)
    {
        var server = scope.Services.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Rag;
        await using var provider = await FakeEmbeddingsServer.StartAsync(FakeEmbeddingsOptions.OrdinarySpeed);
        await using var database = await BenchDatabase.CreateAsync(server, scope.CancellationToken);
        var cabinetId = await new GeneratedCabinet(Rows, seed: 1).WriteAsync(database.Source, "bench search", scope.CancellationToken);
        using (var engine = BenchWorkerProcess.Embedding("engine", database.ConnectionString, provider.BaseUrl))
        {
            if ((await engine.DoAsync(new BenchOrder(BenchStep.Initial, cabinetId), scope.CancellationToken)).Error is { } error)
            {
                scope.Output.WriteLine(error);
                return ExitCode.Failed;
            }
        }

        await database.SettleAsync(scope.CancellationToken);
        var warm = await MeasureAsync(database, cabinetId, 2 * Warms, scope.CancellationToken);
        List<double> cold = [];
        for (var i = 0; i < Colds; i++)
        {
            await using var copy = await database.CopyAsync(scope.CancellationToken);
            cold.AddRange(await MeasureAsync(copy, cabinetId, 1, scope.CancellationToken));
        }

        var table = new Table().AddColumns($"search of {Rows:N0} chunks", "searches", "median ms", "p95 ms");
        AddRow(table, "cold: new connection, nothing in shared buffers", cold);
        AddRow(table, "warm", warm.Skip(Warms));
        scope.Output.Write(table);
        return ExitCode.Done;
    }

    private static void AddRow(Table table, string name, IEnumerable<double> times)
    {
        var sorted = times.Order().ToArray();
        var nearlyAll = sorted[(int)Math.Ceiling(sorted.Length * 0.95) - 1];
        table.AddRow(
            name,
            sorted.Length.ToString(CultureInfo.InvariantCulture),
            sorted[sorted.Length / 2].ToString("F1", CultureInfo.InvariantCulture),
            nearlyAll.ToString("F1", CultureInfo.InvariantCulture));
    }

    private static async Task<List<double>> MeasureAsync(BenchDatabase database, long cabinetId, int searches, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlDataSourceBuilder(database.ConnectionString);
        builder.ConnectionStringBuilder.Pooling = false;
        builder.UseVector();
        await using var source = builder.Build();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        List<double> times = [];
        for (var i = 0; i < searches; i++)
        {
            await using var command = new NpgsqlCommand(Search, connection);
            command.Parameters.Add(new() { Value = cabinetId });
            command.Parameters.Add(new() { Value = new Vector(FakeEmbeddingsServer.VectorOf($"вопрос {i}", 1_536)) });
            var began = Stopwatch.GetTimestamp();
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                }
            }

            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return times;
    }
}
