using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

/// <summary>The services of runs over a test database, with what is not theirs (planning, verifying, starting) under the test's hand.</summary>
internal sealed class RunsHarness : IDisposable
{
    private readonly ServiceProvider _services;

    public RunsHarness(DatabaseFixture fixture, params (string Name, string Value)[] settings)
        : this(fixture, fixture.Main, fixture.Rag, settings)
    {
    }

    /// <summary>Services whose worker has a clock of its own.</summary>
    public RunsHarness(DatabaseFixture fixture, MainDatabase main, RagDatabase rag, WorkerClock clock)
        : this(fixture, main, rag, clock, [])
    {
    }

    /// <summary>Services that reach the databases another way than the test itself.</summary>
    public RunsHarness(DatabaseFixture fixture, MainDatabase main, RagDatabase rag, params (string Name, string Value)[] settings)
        : this(fixture, main, rag, null, settings)
    {
    }

    private RunsHarness(DatabaseFixture fixture, MainDatabase main, RagDatabase rag, WorkerClock? clock, (string Name, string Value)[] settings)
    {
        Fixture = fixture;
        Dictionary<string, string?> values = new()
        {
            ["ConnectionStrings:Main"] = fixture.ConnectionString,
            ["ConnectionStrings:Rag"] = fixture.ConnectionString,
            ["Embeddings:Provider"] = "offline",
            ["Embeddings:PricePerMillionTokens"] = "0.02",
            ["Runs:RendererSpreadMinutes"] = "0",
        };
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }

        var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Debug))
            .AddRagCore(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .AddSingleton(main)
            .AddSingleton(rag)
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<IRunVerifier>(Verifier)
            .AddSingleton<IRunStarter>(Starter);
        if (clock is not null)
        {
            services.AddSingleton(clock);
        }

        _services = services.BuildServiceProvider();
    }

    public DatabaseFixture Fixture { get; }

    public MainDatabase Main => Fixture.Main;

    public RagDatabase Rag => Fixture.Rag;

    public RecordingLog Log { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public StubVerifier Verifier { get; } = new();

    public StubStarter Starter { get; } = new();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task<BeginRoundResult> BeginAsync(long cabinet, Guid run, int round = 1, string owner = "durable:a") =>
        Get<RoundBeginner>().BeginAsync(new BeginRoundInput(cabinet, run, round, owner), Cancel);

    public Task<FinishRoundResult> FinishAsync(
        long cabinet, Guid run, BeginRoundResult start, int round = 1, RoundTotals? totals = null, bool applyFailed = false,
        DateTimeOffset? retryAt = null, string? stopError = null, bool lastRound = false) =>
        Get<RoundFinisher>().FinishAsync(
            new FinishRoundInput(cabinet, run, round, start.Token, totals ?? new RoundTotals(), applyFailed, retryAt, stopError, lastRound, start.Mode),
            Cancel);

    /// <summary>A whole healthy run of one round.</summary>
    public async Task<FinishRoundResult> RunAsync(long cabinet, RoundTotals? totals = null)
    {
        var run = Guid.NewGuid();
        return await FinishAsync(cabinet, run, await BeginAsync(cabinet, run), totals: totals);
    }

    /// <summary>A cabinet with a full run behind it.</summary>
    public async Task<long> IndexedCabinetAsync()
    {
        var cabinet = await Fixture.AddCabinetAsync();
        await RunAsync(cabinet);
        return cabinet;
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync(Cancel) is { } value and not DBNull ? value : default(T)!)!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>Binds the index to these services' embedder, as its first stored vector does.</summary>
    public Task RecordEmbedderAsync()
    {
        var embedder = Get<IndexEmbedder>().Configured;
        return ExecuteAsync(
            "INSERT INTO rag_embedder (model, dimensions) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM rag_embedder)", embedder.Model, embedder.Dimensions);
    }

    public Task<T> StatusAsync<T>(long cabinet, string column) => ScalarAsync<T>($"SELECT {column} FROM rag_index_status WHERE cabinet_id = $1", cabinet);

    public Task<T> RunColumnAsync<T>(Guid run, string column) => ScalarAsync<T>($"SELECT {column} FROM rag_index_runs WHERE run_id = $1", run);

    public Task QueueAsync(long cabinet, long id, string table = "wb_orders", string? nextAttempt = null) => ExecuteAsync(
        "INSERT INTO rag_changes (cabinet_id, source_table, source_id, next_attempt_at) VALUES ($1, $2, $3, clock_timestamp() + $4::interval)",
        cabinet, table, id, (object?)nextAttempt ?? DBNull.Value);

    public Task ChunkAsync(long cabinet, long sourceId, bool pending = false, string? expiresIn = null, string text = "заказ", string? nextAttempt = null) => ExecuteAsync(
        """
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, embedded_hash, pending_since, expires_at, next_attempt_at)
        VALUES ($1, 'wb_orders', $2, 'order', $4, 'h' || $2, CASE WHEN $3 THEN NULL ELSE 'h' || $2 END,
                CASE WHEN $3 THEN clock_timestamp() END, now() + $5::interval, clock_timestamp() + $6::interval)
        """,
        cabinet, sourceId, pending, text, (object?)expiresIn ?? DBNull.Value, (object?)nextAttempt ?? DBNull.Value);

    public void Dispose() => _services.Dispose();

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = Fixture.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }
}
