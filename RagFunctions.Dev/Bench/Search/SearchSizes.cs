using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Cli;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Search;
using Spectre.Console;

namespace RagFunctions.Dev.Bench.Search;

/// <summary>
/// <c>rag-dev bench --search --chunks …</c>: each mode's p50 and p95 over cabinets of given sizes beside many others, and how much of what
/// the exact search finds the search in two steps finds too, for each way vectors may lie.
/// </summary>
internal static class SearchSizes
{
    private const int Questions = 60;
    private const int Hits = 10;
    private const int OtherChunks = 100;
    private const int RecallChunks = 20_000;

    // The vectors are written past the engine, which would record it with the first.
    private const string RecordEmbedder = "INSERT INTO rag_embedder (model, dimensions) VALUES ($1, $2)";

    // Not the offline embedder's name, with which every search compares all vectors: two steps would never be measured.
    private static readonly EmbeddingsOptions Embeddings = new() { Model = "generated" };

    /// <summary>Writes the cabinets, searches them, prints both tables.</summary>
    public static async Task<int> RunAsync(CommandScope scope, int[] sizes, int others)
    {
        var server = scope.Services.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Rag;
        await using var database = await BenchDatabase.CreateAsync(server, scope.CancellationToken);
        await using var rag = new RagDatabase(database.Source);
        await using (var record = database.Source.CreateCommand(RecordEmbedder))
        {
            record.Parameters.AddWithValue(Embeddings.ModelName);
            record.Parameters.AddWithValue(Embeddings.Dimensions);
            await record.ExecuteNonQueryAsync(scope.CancellationToken);
        }

        var speed = new Table().AddColumns("chunks of the cabinet", "mode", "p50 ms", "p95 ms", "recall@10");
        var recall = new Table().AddColumns($"vectors ({RecallChunks:N0} chunks)", "candidates", "recall@10");
        var began = Stopwatch.GetTimestamp();
        for (var other = 1; other <= others; other++)
        {
            using var chunks = new GeneratedChunks(VectorKind.Clustered, other);
            await chunks.WriteAsync(database.Source, Embeddings.ModelName, 1_000 + other, OtherChunks, scope.CancellationToken);
        }

        Tell(scope, $"{others:N0} other cabinets written in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");

        long cabinetId = 0;
        foreach (var kind in Enum.GetValues<VectorKind>())
        {
            using var chunks = new GeneratedChunks(kind, seed: 1);
            await chunks.WriteAsync(database.Source, Embeddings.ModelName, ++cabinetId, RecallChunks, scope.CancellationToken);
            await database.SettleAsync(scope.CancellationToken);
            foreach (var candidates in (int[])[200, 400, 1_000])
            {
                var found = await RecallAsync(rag, chunks, cabinetId, candidates, scope.CancellationToken);
                recall.AddRow($"{kind}", $"{candidates}", Number(found, "F3"));
                Tell(scope, $"{kind} vectors, {candidates} candidates: recall@{Hits} {found:F3}");
            }
        }

        foreach (var size in sizes)
        {
            using var chunks = new GeneratedChunks(VectorKind.Clustered, seed: size);
            var started = Stopwatch.GetTimestamp();
            await chunks.WriteAsync(database.Source, Embeddings.ModelName, ++cabinetId, size, scope.CancellationToken);
            Tell(scope, $"{size:N0} chunks written in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
            await database.SettleAsync(scope.CancellationToken);
            var settings = new SearchOptions();
            foreach (var mode in SearchModeNames.All)
            {
                var times = await TimesAsync(rag, chunks, cabinetId, mode, settings, scope.CancellationToken);
                var found = mode == SearchMode.Vector && size > settings.ExactUpTo
                    ? Number(await RecallAsync(rag, chunks, cabinetId, settings.Candidates, scope.CancellationToken), "F3")
                    : mode == SearchMode.Vector ? "exact" : "";
                var (median, nearlyAll) = (times[times.Length / 2], times[(int)Math.Ceiling(times.Length * 0.95) - 1]);
                speed.AddRow($"{size:N0}", mode.WireName(), Number(median, "F1"), Number(nearlyAll, "F1"), found);
                Tell(scope, $"{size:N0} chunks, {mode.WireName()}: p50 {median:F1} ms, p95 {nearlyAll:F1} ms");
            }
        }

        scope.Output.Write(speed);
        scope.Output.Write(recall);
        await TellSizesAsync(scope, database.Source);
        Tell(scope, $"{others:N0} other cabinets of {OtherChunks} chunks; {Questions} questions a mode, {Hits} hits each; all of it in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
        return ExitCode.Done;
    }

    private static IndexSearch Search(RagDatabase rag, SearchOptions settings) => new(
        rag, new IndexEmbedder(rag, new Embedders(new Embedder(Embeddings, Generator: null!))), questions: null!, Options.Create(settings), TimeProvider.System);

    private static async Task<double[]> TimesAsync(
        RagDatabase rag, GeneratedChunks chunks, long cabinetId, SearchMode mode, SearchOptions settings, CancellationToken cancellationToken)
    {
        var search = Search(rag, settings);
        List<double> times = [];
        for (var i = -5; i < Questions; i++)
        {
            var (text, vector) = await chunks.QuestionAsync();
            var answer = await search.FindAsync(
                cabinetId, new SearchRequest(text) { Mode = mode, Limit = Hits }, mode == SearchMode.Text ? (ReadOnlyMemory<float>?)null : vector, cancellationToken);
            // The first ones read the pages.
            if (i >= 0)
            {
                times.Add(answer.SearchMilliseconds);
            }
        }

        return [.. times.Order()];
    }

    private static async Task<double> RecallAsync(
        RagDatabase rag, GeneratedChunks chunks, long cabinetId, int candidates, CancellationToken cancellationToken)
    {
        var exact = Search(rag, new SearchOptions { ExactUpTo = int.MaxValue, TimeoutSeconds = 60 });
        var quick = Search(rag, new SearchOptions { ExactUpTo = 0, Candidates = candidates });
        double share = 0;
        const int asked = 25;
        for (var i = 0; i < asked; i++)
        {
            var (text, vector) = await chunks.QuestionAsync();
            var request = new SearchRequest(text) { Mode = SearchMode.Vector, Limit = Hits };
            var right = (await exact.FindAsync(cabinetId, request, vector, cancellationToken)).Hits.Select(hit => hit.SourceId).ToHashSet();
            var found = (await quick.FindAsync(cabinetId, request, vector, cancellationToken)).Hits.Count(hit => right.Contains(hit.SourceId));
            share += (double)found / Hits / asked;
        }

        return share;
    }

    private static async Task TellSizesAsync(CommandScope scope, NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("""
            SELECT count(*), pg_table_size('rag_words') / count(*), pg_relation_size('idx_rag_words') / count(*),
                   pg_total_relation_size('rag_vector_bits') / count(*), pg_total_relation_size('rag_embeddings') / count(*)
            FROM rag_metadata
            """);
        await using var row = await command.ExecuteReaderAsync(scope.CancellationToken);
        await row.ReadAsync(scope.CancellationToken);
        Tell(scope, $"bytes a chunk: words {row.GetInt64(1)}, their index {row.GetInt64(2)}, quantised vector {row.GetInt64(3)}, full vector {row.GetInt64(4)}");
    }

    // Each figure is told when it is known: half a million chunks take long to write, and who stops the bench keeps what it found.
    private static void Tell(CommandScope scope, FormattableString line) => scope.Output.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
