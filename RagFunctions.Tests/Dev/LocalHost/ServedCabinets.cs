using Npgsql;
using Pgvector;
using RagFunctions.Core.Store;
using RagFunctions.Dev.Bench;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Generated cabinets in a database of their own, an embeddings provider, and the process that serves them.</summary>
internal sealed class ServedCabinets(TestDatabase database, FakeEmbeddingsServer provider, params (string Name, string Value)[] settings)
    : IAsyncDisposable
{
    private const int LooksBetweenSweeps = 100;

    // Beyond what a run of the largest test takes on a machine that does something else beside.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const string Unfinished = """
        SELECT count(*) FROM unnest($1::bigint[]) AS c (id)
        WHERE EXISTS (SELECT FROM rag_changes WHERE cabinet_id = c.id)
           OR EXISTS (SELECT FROM rag_metadata WHERE cabinet_id = c.id AND embedded_hash IS DISTINCT FROM chunk_hash)
           OR NOT EXISTS (SELECT FROM rag_index_status
                          WHERE cabinet_id = c.id AND full_completed_at IS NOT NULL AND requested_mode IS NULL AND lease_owner IS NULL)
        """;

    private ServeProcess? _process;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public TestDatabase Database => database;

    public FakeEmbeddingsServer Provider => provider;

    public ServeProcess Process => _process ?? throw new InvalidOperationException("Nothing is started.");

    public List<long> Ids { get; } = [];

    public static async Task<ServedCabinets> CreateAsync(int cabinets, int rows, int seed, params (string Name, string Value)[] settings)
    {
        var database = await TestDatabase.CreateAsync();
        var provider = await FakeEmbeddingsServer.StartAsync(new FakeEmbeddingsOptions { KeepsInputs = false });
        var served = new ServedCabinets(database, provider, settings);
        for (var i = 0; i < cabinets; i++)
        {
            served.Ids.Add(await new GeneratedCabinet(rows, seed + i).WriteAsync(database.Source, $"generated {i}", Stop));
        }

        return served;
    }

    public async Task StartAsync() => _process = await ServeProcess.StartAsync(database.ConnectionString, provider.BaseUrl, settings);

    public async Task KillAsync()
    {
        await Process.KillAsync();
        await Process.DisposeAsync();
        _process = null;
    }

    /// <summary>No instance runs and nothing waits. What came between a run's last look and its end is the sweep's: it is fired meanwhile.</summary>
    public Task BecomesIdleAsync(params IEnumerable<long> cabinets) => BecomesIdleAsync(Process, cabinets);

    /// <summary>The same, by a process that a test has started itself.</summary>
    public async Task BecomesIdleAsync(ServeProcess process, IEnumerable<long> cabinets)
    {
        long[] ids = [.. cabinets];
        var looks = 0;
        await Condition.BecomesTrueAsync(
            async () =>
            {
                if (++looks % LooksBetweenSweeps == 0)
                {
                    await process.SweepAsync();
                }

                return await ScalarAsync<long>(Unfinished, ids) == 0
                    && !(await process.Durable.LiveAsync()).Intersect(ids.Select(id => $"index-{id}")).Any();
            },
            $"cabinets {string.Join(", ", ids)} are idle",
            Patience);
    }

    public Task BecomesTrueAsync(string sql, string what, params object[] parameters) => BecomesTrueAsync(sql, what, sweeping: false, parameters);

    /// <summary>Waits for a condition; with sweeping the minute's timer fires meanwhile.</summary>
    public async Task BecomesTrueAsync(string sql, string what, bool sweeping, params object[] parameters)
    {
        var looks = 0;
        await Condition.BecomesTrueAsync(
            async () =>
            {
                if (sweeping && ++looks % LooksBetweenSweeps == 0)
                {
                    await Process.SweepAsync();
                }

                return await ScalarAsync<bool>(sql, parameters);
            },
            what,
            Patience);
    }

    /// <summary>Index and source agree, and each vector is the one of its text.</summary>
    public async Task AssertIndexedAsync(long cabinetId)
    {
        var report = await new IndexVerifier(database.Main, database.Rag).VerifyAsync(cabinetId, DateTimeOffset.UtcNow, examples: 3, Stop);
        Assert.True(report.IsClean, $"{report} {string.Join("; ", report.Examples)}\n{_process?.Said}");
        await using var command = Command(
            "SELECT m.chunk_text, e.embedding FROM rag_metadata AS m JOIN rag_embeddings AS e ON e.metadata_id = m.id WHERE m.cabinet_id = $1",
            [cabinetId]);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        var vectors = 0;
        while (await reader.ReadAsync(Stop))
        {
            var expected = FakeEmbeddingsServer.VectorOf(reader.GetString(0), 1_536);
            Assert.True(reader.GetFieldValue<Vector>(1).Memory.Span.SequenceEqual(expected), $"not the vector of: {reader.GetString(0)}");
            vectors++;
        }

        Assert.Equal(report.Chunks, vectors);
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync(Stop))!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await provider.DisposeAsync();
        await database.DisposeAsync();
    }

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = database.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }
}
