using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Cli;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Dev.Fakes.Embeddings;
using Spectre.Console;

namespace RagFunctions.Dev.Bench;

/// <summary>
/// <c>rag-dev bench --fairness</c>: how long a changed text of 50 quiet cabinets waits for its vector while another cabinet embeds its
/// first 150,000 texts and the provider takes 350,000 tokens a minute; first as if the quota were not known, then with it.
/// </summary>
internal static class FairnessBench
{
    private const int Quiet = 50;
    private const int TokensPerMinute = 350_000;

    private static readonly TimeSpan Watched = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BetweenChanges = TimeSpan.FromSeconds(20);

    private const string Prepare = """
        INSERT INTO rag_index_status (cabinet_id, lease_owner, lease_token, lease_heartbeat_at, lease_expires_at)
        SELECT n, 'bench', 1, now(), now() + interval '1 hour' FROM generate_series(0, 50) AS n;
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, pending_since)
        SELECT 0, 'wb_reviews', n, 'review', t, encode(sha256(convert_to(t, 'UTF8')), 'hex'), now()
        FROM generate_series(1, 150000) AS n CROSS JOIN LATERAL (SELECT repeat(md5(n::text) || ' ', 22) AS t) AS text;
        ANALYZE rag_metadata;
        """;

    private const string Change = """
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, pending_since)
        SELECT $1, 'wb_orders', $2, 'order', t, encode(sha256(convert_to(t, 'UTF8')), 'hex'), clock_timestamp()
        FROM (SELECT repeat(md5($1 || '/' || $2) || ' ', 22) AS t) AS text
        """;

    private const string Embedded = "SELECT count(*) FROM rag_metadata WHERE cabinet_id = 0 AND embedded_hash = chunk_hash";

    /// <summary>Measures both and prints the table.</summary>
    public static async Task<int> RunAsync(CommandScope scope)
    {
        var server = scope.Services.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Rag;
        var table = new Table().AddColumns("quota", "changes", "median s", "p95 s", "longest s", "still waiting", "texts of the first index a minute", "requests refused");
        foreach (var known in (bool[])[false, true])
        {
            var provider = await FakeEmbeddingsServer.StartAsync(FakeEmbeddingsOptions.OrdinarySpeed with { TokensPerMinute = TokensPerMinute });
            await using (provider)
            await using (var database = await BenchDatabase.CreateAsync(server, scope.CancellationToken))
            {
                await using (var prepare = database.Source.CreateCommand(Prepare))
                {
                    prepare.CommandTimeout = 0;
                    await prepare.ExecuteNonQueryAsync(scope.CancellationToken);
                }

                var (lags, waiting, embedded) = await MeasureAsync(database, provider, known, scope.CancellationToken);
                table.AddRow(
                    known ? "known" : "not known", Number(lags.Count, "N0"), Number(At(lags, 0.5), "F1"), Number(At(lags, 0.95), "F1"), Number(At(lags, 1), "F1"),
                    Number(waiting, "N0"), Number(embedded / Watched.TotalMinutes, "N0"), Number(provider.Requests.Count(request => request.Status == 429), "N0"));
            }
        }

        scope.Output.Write(table);
        return ExitCode.Done;
    }

    private static async Task<(List<double> Lags, int Waiting, long Embedded)> MeasureAsync(
        BenchDatabase database, FakeEmbeddingsServer provider, bool known, CancellationToken cancellationToken)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = database.ConnectionString,
            ["ConnectionStrings:Rag"] = database.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = provider.BaseUrl.ToString(),
            ["Embeddings:TokensPerMinute"] = known ? Number(TokensPerMinute, "F0") : "0",
        }).Build();
        await using var services = new ServiceCollection().AddLogging().AddRagCore(settings).BuildServiceProvider();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(Watched);
        ConcurrentBag<double> lags = [];
        var waiting = 0;
        List<Task> all = [FirstIndexAsync()];
        all.AddRange(Enumerable.Range(1, Quiet).Select(QuietAsync));
        await Task.WhenAll(all);
        cancellationToken.ThrowIfCancellationRequested();
        await using var count = database.Source.CreateCommand(Embedded);
        return ([.. lags.Order()], waiting, (long)(await count.ExecuteScalarAsync(cancellationToken))!);

        async Task FirstIndexAsync()
        {
            while (await EmbedAsync(0) is not null)
            {
                // The next plan.
            }
        }

        async Task QuietAsync(int cabinet)
        {
            // Spread over the time between two changes of one cabinet.
            await PauseAsync(BetweenChanges * cabinet / Quiet);
            for (var n = 1; !over.IsCancellationRequested; n++)
            {
                await using (var change = database.Source.CreateCommand(Change))
                {
                    change.Parameters.AddWithValue((long)cabinet);
                    change.Parameters.AddWithValue((long)n);
                    await change.ExecuteNonQueryAsync(cancellationToken);
                }

                var since = DateTimeOffset.UtcNow;
                long? done = 0;
                while (done == 0)
                {
                    done = await EmbedAsync(cabinet);
                }

                if (done is null)
                {
                    Interlocked.Increment(ref waiting);
                    return;
                }

                lags.Add((DateTimeOffset.UtcNow - since).TotalSeconds);
                await PauseAsync(BetweenChanges);
            }
        }

        // What a run does from its plan on; a pause of the provider is slept through. Null: the time is over.
        async Task<long?> EmbedAsync(long cabinet)
        {
            try
            {
                var plan = await services.GetRequiredService<EmbeddingPlanner>().PlanAsync(new PlanEmbeddingInput(cabinet, Guid.Empty, 1), over.Token);
                long stored = 0;
                DateTimeOffset? until = null;
                await Parallel.ForEachAsync(
                    plan.Intervals,
                    new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = over.Token },
                    async (interval, token) =>
                    {
                        if (until is null)
                        {
                            var result = await services.GetRequiredService<BatchEmbedder>().EmbedAsync(
                                new EmbedBatchInput(cabinet, Guid.Empty, 1, interval, IsLarge: plan.Intervals.Count > 8), token);
                            Interlocked.Add(ref stored, result.Embedded);
                            until = result.RetryAt ?? until;
                        }
                    });
                if (until - DateTimeOffset.UtcNow is { } wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, over.Token);
                }

                return stored;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }

        async Task PauseAsync(TimeSpan time) => await Task.Delay(time, over.Token).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static double At(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
