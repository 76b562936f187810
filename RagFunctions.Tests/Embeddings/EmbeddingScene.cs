using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pgvector;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

/// <summary>One cabinet with a lease, chunks on demand, a provider that misbehaves on demand, and the steps under test.</summary>
public sealed class EmbeddingScene : IAsyncDisposable
{
    public const long Token = 7;

    private const string HoldLease =
        """
        INSERT INTO rag_index_status (cabinet_id, lease_owner, lease_token, lease_heartbeat_at, lease_expires_at)
        VALUES ($1, 'test', $2, now(), now() + interval '3 minutes')
        ON CONFLICT (cabinet_id) DO UPDATE SET lease_token = $2
        """;

    private const string InsertChunks =
        """
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, pending_since)
        SELECT $1, 'wb_reviews', $2 + row_number() OVER (), 'review', text, encode(sha256(convert_to(text, 'UTF8')), 'hex'), now()
        FROM unnest($3::text[]) AS t (text)
        """;

    private const string ReadChunks =
        """
        SELECT m.source_id, m.chunk_text, m.embedded_hash = m.chunk_hash, m.embedded_model, m.pending_since IS NOT NULL, m.embed_attempts,
               m.embed_error, m.next_attempt_at, e.embedding, e.model
        FROM rag_metadata m LEFT JOIN rag_embeddings e ON e.metadata_id = m.id
        WHERE m.cabinet_id = $1 ORDER BY m.source_id
        """;

    private readonly TestDatabase _database;
    private long _lastId;

    private EmbeddingScene(TestDatabase database, long cabinetId, FakeEmbeddingsServer server, EmbeddingsOptions options)
    {
        _database = database;
        CabinetId = cabinetId;
        Server = server;
        Options = options;
        Embedder = EmbedderFor(options);
        Planner = new EmbeddingPlanner(database.Rag, EmbeddersOf(options));
    }

    public long CabinetId { get; }

    public FakeEmbeddingsServer Server { get; }

    public EmbeddingsOptions Options { get; }

    public BatchEmbedder Embedder { get; }

    /// <summary>By which large runs wait for their turn.</summary>
    public RecordedDelays Time { get; } = new();

    public BudgetsOptions Budgets { get; } = new();

    public EmbeddingPlanner Planner { get; }

    public string ConnectionString => _database.ConnectionString;

    public RagDatabase Rag => _database.Rag;

    public static async Task<EmbeddingScene> SetAsync(DatabaseFixture fixture, Action<EmbeddingsOptions>? configure = null)
    {
        var cabinetId = await fixture.AddCabinetAsync();
        return await SetAsync(fixture.Database, cabinetId, configure);
    }

    public static async Task<EmbeddingScene> SetAsync(
        TestDatabase database, long cabinetId, Action<EmbeddingsOptions>? configure = null, FakeEmbeddingsOptions? provider = null)
    {
        var server = await FakeEmbeddingsServer.StartAsync(provider);
        var options = OptionsFor(server);
        configure?.Invoke(options);
        var scene = new EmbeddingScene(database, cabinetId, server, options);
        await scene.ExecuteAsync(HoldLease, cabinetId, Token);
        return scene;
    }

    /// <summary>An OpenAI-compatible endpoint that retries without waiting.</summary>
    public static EmbeddingsOptions OptionsFor(FakeEmbeddingsServer server) => new()
    {
        Provider = EmbeddingsProvider.OpenAI,
        Endpoint = server.BaseUrl.ToString(),
        ApiKey = "test-key",
        RetryDelayMilliseconds = 1,
    };

    public BatchEmbedder EmbedderFor(EmbeddingsOptions options) => new(
        Rag,
        EmbeddersOf(options),
        new EmbeddingPayments(Rag, Microsoft.Extensions.Options.Options.Create(Budgets)),
        Time,
        NullLogger<BatchEmbedder>.Instance)
    {
        StoreDelay = TimeSpan.FromMilliseconds(20),
    };

    /// <summary>The embedder of the options and no other.</summary>
    public static Embedders EmbeddersOf(EmbeddingsOptions options) => new(new Embedder(options, EmbeddingClients.Create(options, TimeProvider.System)));

    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    public async Task AddChunksAsync(params string[] texts)
    {
        await ExecuteAsync(InsertChunks, CabinetId, _lastId, texts);
        _lastId += texts.Length;
    }

    public Task<EmbedBatchResult> EmbedAllAsync(long token = Token) => EmbedAsync(new HashInterval(null, null), token);

    public Task<EmbedBatchResult> EmbedAsync(HashInterval interval, long token = Token) =>
        Embedder.EmbedAsync(new EmbedBatchInput(CabinetId, Guid.Empty, token, interval), TestContext.Current.CancellationToken);

    public Task<PlanEmbeddingResult> PlanAsync(long token = Token) =>
        Planner.PlanAsync(new PlanEmbeddingInput(CabinetId, Guid.Empty, token), TestContext.Current.CancellationToken);

    public async Task<IReadOnlyList<StoredChunk>> ChunksAsync()
    {
        await using var command = Command(ReadChunks, [CabinetId]);
        await using var reader = await command.ExecuteReaderAsync();
        List<StoredChunk> chunks = [];
        while (await reader.ReadAsync())
        {
            chunks.Add(new StoredChunk(
                reader.GetInt64(0),
                reader.GetString(1),
                !reader.IsDBNull(2) && reader.GetBoolean(2),
                reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.GetBoolean(4),
                reader.GetInt32(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                reader.IsDBNull(8) ? null : reader.GetFieldValue<Vector>(8).ToArray(),
                reader.IsDBNull(9) ? null : reader.GetString(9)));
        }

        return chunks;
    }

    /// <summary>Asserts that exactly these texts have a vector, each its own, and that nothing else waits or is marked about them.</summary>
    public async Task AssertEmbeddedAsync(Func<StoredChunk, bool> which)
    {
        foreach (var chunk in (await ChunksAsync()).Where(which))
        {
            Assert.True(chunk.IsEmbedded, $"chunk {chunk.SourceId} is pending");
            Assert.Equal((Options.ModelName, Options.ModelName), (chunk.EmbeddedModel, chunk.VectorModel));
            Assert.Equal(FakeEmbeddingsServer.VectorOf(chunk.Text, Options.Dimensions), chunk.Vector);
            Assert.Equal((false, 0, null, null), (chunk.HasPendingSince, chunk.Attempts, chunk.Error, chunk.NextAttemptAt));
        }
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    /// <summary>What the book says of this cabinet: settled requests, texts, tokens, dollars; then requests without an answer and their dollars.</summary>
    public async Task<(long Requests, long Inputs, long Tokens, decimal Usd, long Open, decimal OpenUsd)> BookAsync()
    {
        await using var command = Command(
            """
            SELECT COALESCE(sum(requests), 0)::bigint, COALESCE(sum(inputs), 0)::bigint, COALESCE(sum(tokens), 0)::bigint, COALESCE(sum(usd), 0),
                   (SELECT count(*) FROM rag_open_requests WHERE cabinet_id = $1),
                   (SELECT COALESCE(sum(estimated_usd), 0) FROM rag_open_requests WHERE cabinet_id = $1)
            FROM rag_spend WHERE cabinet_id = $1
            """,
            [CabinetId]);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetDecimal(3), row.GetInt64(4), row.GetDecimal(5));
    }

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = Rag.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return command;
    }
}
