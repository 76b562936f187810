using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Faults;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Stories;

/// <summary>
/// What stories are played on, one after another: a database behind a proxy that cuts connections, an embeddings provider behind HTTP,
/// and the product's own services between them, with small pages and requests so that forty rows make many of each.
/// </summary>
internal sealed class StoryWorld : IAsyncDisposable
{
    private const int RowsPerTransaction = 7;

    private const string SomebodyWorks = """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle')
        """;

    // Told from every other wait by its length.
    private static readonly TimeSpan RequestBudget = TimeSpan.FromSeconds(17);

    private readonly FakeEmbeddingsServer _server;
    private readonly ServiceProvider _services;

    private StoryWorld(TestDatabase database, FaultProxy proxy, FakeEmbeddingsServer server)
    {
        (Database, Proxy, _server) = (database, proxy, server);
        Provider = new StoryProvider(server, BusinessTime.EndTimeLimits);
        Dictionary<string, string?> settings = new()
        {
            ["ConnectionStrings:Main"] = proxy.ConnectionString,
            ["ConnectionStrings:Rag"] = proxy.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = server.BaseUrl.ToString(),
            ["Embeddings:MaxInputsPerRequest"] = "4",
            ["Embeddings:RequestBudgetSeconds"] = RequestBudget.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            ["Runs:RendererSpreadMinutes"] = "0",

            // What is overtaken between two statements of a transaction holds up the other for so long.
            ["Runs:LockTimeoutSeconds"] = "1",
        };
        _services = new ServiceCollection()
            .AddLogging()
            .AddRagCore(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddSingleton<TimeProvider>(BusinessTime)
            .AddSingleton(provider => new ChangeApplier(
                provider.GetRequiredService<MainDatabase>(), provider.GetRequiredService<RagDatabase>(), NullLogger<ChangeApplier>.Instance)
            {
                PageRows = RowsPerTransaction,
            })
            .BuildServiceProvider();
    }

    public TestDatabase Database { get; }

    public FaultProxy Proxy { get; }

    public StoryProvider Provider { get; }

    /// <summary>The clock of the 90 days and of the provider's client.</summary>
    public StoryClock BusinessTime { get; } = new(RequestBudget);

    /// <summary>Vectors' length in the index.</summary>
    public int Dimensions => Get<EmbeddingsOptions>().Dimensions;

    public static async Task<StoryWorld> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();

        // Stories are about connections that die, not about a server that loses power.
        await database.Source.ExecuteAsync($"ALTER DATABASE {database.Name} SET synchronous_commit = off");
        return new StoryWorld(database, new FaultProxy(database.ConnectionString), await FakeEmbeddingsServer.StartAsync());
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A driver whose waits are over as soon as the due times of the database are as much nearer.</summary>
    public InProcessDriver DriverOf(IRunSteps steps) => new(
        steps, new StoryClock(RequestBudget) { BeforeWaking = ShiftDueTimesAsync }, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance);

    /// <summary>Until the server has ended what the sessions of cut connections were doing: their locks would hold up the next run.</summary>
    public async Task ServerNoticesDeathsAsync()
    {
        while (await ScalarAsync<bool>(SomebodyWorks))
        {
            await Task.Yield();
        }
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Every chunk of a cabinet with its vector: text, and the vector or null.</summary>
    public async Task<List<(string Text, float[]? Vector)>> ChunksAsync(long cabinetId)
    {
        const string sql = "SELECT m.chunk_text, e.embedding FROM rag_metadata AS m LEFT JOIN rag_embeddings AS e ON e.metadata_id = m.id WHERE m.cabinet_id = $1";
        await using var command = Command(sql, [cabinetId]);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        List<(string, float[]?)> chunks = [];
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            chunks.Add((reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<Pgvector.Vector>(1).ToArray()));
        }

        return chunks;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
        await Proxy.DisposeAsync();
        await Database.DisposeAsync();
    }

    private Task ShiftDueTimesAsync(TimeSpan waited) => ExecuteAsync(
        """
        WITH provider AS (UPDATE rag_provider SET not_before = not_before - $1, updated_at = updated_at - $1)
        UPDATE rag_index_status SET not_before = not_before - $1, embedding_not_before = embedding_not_before - $1
        WHERE not_before IS NOT NULL OR embedding_not_before IS NOT NULL
        """,
        waited);

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
