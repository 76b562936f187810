using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Generations;

/// <summary>
/// An index that changes from one embedder to another, each behind HTTP with a book of its own, and workers with the product's services:
/// some know the next embedder, others do not.
/// </summary>
internal sealed class SwitchWorld : IAsyncDisposable
{
    public const int Length = 1_536;

    public const int NextLength = 768;

    private readonly List<ServiceProvider> _workers = [];
    private int _rows;

    private SwitchWorld(TestDatabase database, FakeEmbeddingsServer server, FakeEmbeddingsServer next)
    {
        (Database, Server, NextServer) = (database, server, next);
        Worker = AddWorker();
    }

    public static EmbedderIdentity Active { get; } = new("text-embedding-3-small", Length);

    public static EmbedderIdentity Next { get; } = new("text-embedding-3-large", NextLength);

    public TestDatabase Database { get; }

    public FakeEmbeddingsServer Server { get; }

    public FakeEmbeddingsServer NextServer { get; }

    /// <summary>One whose settings name both embedders.</summary>
    public IServiceProvider Worker { get; }

    public ModelSwitch Switch => Worker.GetRequiredService<ModelSwitch>();

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<SwitchWorld> CreateAsync(FakeEmbeddingsOptions? next = null) => new(
        await TestDatabase.CreateAsync(), await FakeEmbeddingsServer.StartAsync(), await FakeEmbeddingsServer.StartAsync(next));

    /// <summary>What a worker or a command is told.</summary>
    public Dictionary<string, string?> Settings(bool knowsNext = true)
    {
        Dictionary<string, string?> settings = new()
        {
            ["ConnectionStrings:Main"] = Database.ConnectionString,
            ["ConnectionStrings:Rag"] = Database.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = Server.BaseUrl.ToString(),
            ["Embeddings:MaxInputsPerRequest"] = "16",
            ["Embeddings:RetryDelayMilliseconds"] = "1",
            ["Runs:RendererSpreadMinutes"] = "0",
        };
        if (knowsNext)
        {
            settings["Embeddings:Next:Endpoint"] = NextServer.BaseUrl.ToString();
            settings["Embeddings:Next:Model"] = Next.Model;
            settings["Embeddings:Next:Dimensions"] = "768";
            settings["Embeddings:Next:PricePerMillionTokens"] = "0.13";
        }

        return settings;
    }

    public ServiceProvider AddWorker(bool knowsNext = true, Action<Dictionary<string, string?>>? configure = null, NpgsqlDataSource? through = null)
    {
        var settings = Settings(knowsNext);
        configure?.Invoke(settings);
        var services = new ServiceCollection().AddLogging().AddRagCore(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        if (through is not null)
        {
            services.AddSingleton(new RagDatabase(through));
        }

        _workers.Add(services.BuildServiceProvider());
        return _workers[^1];
    }

    public async Task<long> AddCabinetAsync(int rows)
    {
        var cabinet = await ScalarAsync<long>(
            "INSERT INTO wb_cabinets (api_key, name, is_active) VALUES (gen_random_uuid()::text, 'switch', true) RETURNING id::bigint");
        await AddRowsAsync(cabinet, rows);
        await RunAsync(cabinet);
        return cabinet;
    }

    /// <summary>Reviews, announced as the sync announces them; every tenth has the text of another.</summary>
    public Task AddRowsAsync(long cabinet, int rows) => ChangeAsync(
        cabinet,
        $"""
        INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, text, created_date)
        SELECT {cabinet}, 7, 'r' || n, 'отзыв номер ' || CASE WHEN n % 10 = 0 THEN n - 1 ELSE n END || ' на товар', now()
        FROM generate_series({_rows + 1}, {_rows += rows}) AS n RETURNING id::bigint
        """);

    public Task ChangeRowsAsync(long cabinet, int rows) => ChangeAsync(
        cabinet,
        $"""
        UPDATE wb_reviews SET text = md5(random()::text) WHERE id IN (SELECT id FROM wb_reviews WHERE cabinet_id = {cabinet} ORDER BY random() LIMIT {rows})
        RETURNING id::bigint
        """);

    public Task DeleteRowsAsync(long cabinet, int rows) => ChangeAsync(
        cabinet,
        $"DELETE FROM wb_reviews WHERE id IN (SELECT id FROM wb_reviews WHERE cabinet_id = {cabinet} ORDER BY random() LIMIT {rows}) RETURNING id::bigint");

    public async Task<RunSummary> RunAsync(long cabinet, IServiceProvider? worker = null, CancellationToken? kill = null) =>
        await (worker ?? Worker).GetRequiredService<InProcessDriver>().RunAsync(
            new RunInput(cabinet, "durable:index"), progress: null, kill ?? Stop);

    public Task<SearchAnswer> SearchAsync(long cabinet, string question, IServiceProvider? worker = null, SearchMode mode = SearchMode.Vector) =>
        (worker ?? Worker).GetRequiredService<IndexSearch>().FindAsync(
            cabinet, new SearchRequest(question) { Mode = mode, Limit = SearchRequest.MaxLimit }, Stop);

    public Task<bool> HasMovedAsync(long cabinet) => ScalarAsync<bool>("SELECT on_next FROM rag_index_status WHERE cabinet_id = $1", cabinet);

    /// <summary>Of each chunk: text, its vector of the active generation, and that of the other. Null: none.</summary>
    public async Task<List<(string Text, float[]? Vector, float[]? NextVector)>> ChunksAsync(long cabinet)
    {
        await using var command = Command(
            """
            SELECT m.chunk_text, e.embedding, n.embedding
            FROM rag_metadata AS m LEFT JOIN rag_embeddings AS e ON e.metadata_id = m.id LEFT JOIN rag_next_embeddings AS n ON n.metadata_id = m.id
            WHERE m.cabinet_id = $1
            """,
            [cabinet]);
        await using var row = await command.ExecuteReaderAsync(Stop);
        List<(string, float[]?, float[]?)> chunks = [];
        while (await row.ReadAsync(Stop))
        {
            chunks.Add((row.GetString(0), Vector(row, 1), Vector(row, 2)));
        }

        return chunks;
    }

    /// <summary>Every chunk has its own right vector in each generation that there is, and nothing waits.</summary>
    public async Task AssertRightAsync(long cabinet, int? length = Length, int? nextLength = NextLength)
    {
        var chunks = await ChunksAsync(cabinet);
        Assert.NotEmpty(chunks);
        foreach (var (text, vector, next) in chunks)
        {
            Assert.Equal(length is { } numbers ? FakeEmbeddingsServer.VectorOf(text, numbers) : null, vector);
            Assert.Equal(nextLength is { } others ? FakeEmbeddingsServer.VectorOf(text, others) : null, next);
        }

        Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash", cabinet));
        if (nextLength is not null)
        {
            Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND next_hash IS DISTINCT FROM chunk_hash", cabinet));
        }

        Assert.Equal(
            await ScalarAsync<long>("SELECT count(*) FROM rag_embeddings"),
            await ScalarAsync<long>("SELECT count(*) FROM rag_embeddings JOIN rag_vector_bits USING (metadata_id) WHERE bits = binary_quantize(embedding)::varbit"));
        Assert.Equal(
            await ScalarAsync<long>("SELECT count(*) FROM rag_next_embeddings"),
            await ScalarAsync<long>("SELECT count(*) FROM rag_next_embeddings JOIN rag_next_vector_bits USING (metadata_id) WHERE bits = binary_quantize(embedding)::varbit"));
    }

    /// <summary>Whatever state the index is in: as many rows as the generation has that the cabinet is searched by, none by a vector of the other.</summary>
    public async Task<int> AssertSearchIsWholeAsync(long cabinet)
    {
        var before = await ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1", cabinet);
        var answer = await SearchAsync(cabinet, "вопрос");
        var moved = await HasMovedAsync(cabinet);
        Assert.Equal(moved ? Next.Model : Active.Model, answer.Model);
        Assert.True(answer.Hits.Count >= Math.Min(before, SearchRequest.MaxLimit), $"{answer.Hits.Count} hits of {before} vectors");
        var question = FakeEmbeddingsServer.VectorOf("вопрос", moved ? NextLength : Length);
        foreach (var hit in answer.Hits.Take(5))
        {
            var stored = await ScalarAsync<Pgvector.Vector>(
                $"SELECT e.embedding FROM {(moved ? "rag_next_embeddings" : "rag_embeddings")} AS e JOIN rag_metadata AS m ON m.id = e.metadata_id WHERE m.cabinet_id = $1 AND m.source_id = $2",
                cabinet, hit.SourceId);
            Assert.Equal(Cosine(question, stored.ToArray()), hit.Similarity!.Value, 3);
        }

        return answer.Hits.Count;
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
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        await Server.DisposeAsync();
        await NextServer.DisposeAsync();
        await Database.DisposeAsync();
    }

    private async Task ChangeAsync(long cabinet, string sql)
    {
        await using var connection = await Database.Source.OpenConnectionAsync(Stop);
        await using var transaction = await connection.BeginTransactionAsync(Stop);
        List<long> ids = [];
        await using (var command = new NpgsqlCommand(sql, connection, transaction))
        await using (var row = await command.ExecuteReaderAsync(Stop))
        {
            while (await row.ReadAsync(Stop))
            {
                ids.Add(row.GetInt64(0));
            }
        }

        await ChangeQueue.EnqueueAsync(connection, transaction, cabinet, Entity.Reviews, ids, Stop);
        await transaction.CommitAsync(Stop);
    }

    private static float[]? Vector(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetFieldValue<Pgvector.Vector>(at).ToArray();

    private static double Cosine(float[] one, float[] other) =>
        one.Zip(other).Sum(pair => (double)pair.First * pair.Second)
        / Math.Sqrt(one.Sum(number => (double)number * number) * other.Sum(number => (double)number * number));

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = Database.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }
}
