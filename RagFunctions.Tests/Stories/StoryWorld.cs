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
/// What stories are played on, one after another: databases behind a proxy that cuts connections and with a role that they may turn
/// against, an embeddings provider behind HTTP, and the product's own services between them, with small pages and requests so that
/// forty rows make many of each.
/// </summary>
internal sealed class StoryWorld : IAsyncDisposable
{
    private const int RowsPerTransaction = 7;

    // A run that is held back in a transaction, what waits for it, and the run that overtakes it.
    private const int PooledSessions = 10;

    private const string SomebodyWorks = """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                       WHERE datname = ANY ($1) AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle')
        """;

    // Told from every other wait by its length.
    private static readonly TimeSpan RequestBudget = TimeSpan.FromSeconds(17);

    private readonly FakeEmbeddingsServer _server;
    private readonly ServiceProvider _services;

    private StoryWorld(TestDatabase main, TestDatabase rag, WorkerRole role, FakeEmbeddingsServer server)
    {
        (Main, Rag, Role, _server) = (main, rag, role, server);
        Proxy = new FaultProxy(role.ConnectionTo(main));
        Provider = new StoryProvider(server, BusinessTime.EndTimeLimits);
        Dictionary<string, string?> settings = new()
        {
            ["ConnectionStrings:Main"] = Proxy.ConnectionString,
            ["ConnectionStrings:Rag"] = new NpgsqlConnectionStringBuilder(Proxy.ConnectionString) { Database = rag.Name }.ConnectionString,
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
            .AddSingleton(provider => new WorkerClock(BusinessTime.OfTheMachine, provider.GetRequiredService<IOptions<RunsOptions>>()) { IsMachines = true })
            .AddSingleton(provider => new ChangeApplier(
                provider.GetRequiredService<MainDatabase>(), provider.GetRequiredService<RagDatabase>(), NullLogger<ChangeApplier>.Instance)
            {
                PageRows = RowsPerTransaction,
            })
            .BuildServiceProvider();
    }

    /// <summary>The source and its queue.</summary>
    public TestDatabase Main { get; }

    /// <summary>The index; in some worlds the same database.</summary>
    public TestDatabase Rag { get; }

    /// <summary>What the product signs in as. The story itself signs in as the owner, on whom no trouble comes.</summary>
    public WorkerRole Role { get; }

    public FaultProxy Proxy { get; }

    public StoryProvider Provider { get; }

    /// <summary>The clock of the 90 days and of the provider's client.</summary>
    public StoryClock BusinessTime { get; } = new(RequestBudget);

    /// <summary>Vectors' length in the index.</summary>
    public int Dimensions => Get<EmbeddingsOptions>().Dimensions;

    /// <param name="behindAPooler">Both databases are reached through a pooler that lends sessions for a transaction.</param>
    /// <param name="inTwoDatabases">Source and index live apart.</param>
    public static async Task<StoryWorld> CreateAsync(bool behindAPooler, bool inTwoDatabases)
    {
        var main = await TestDatabase.CreateAsync(inTwoDatabases ? SchemaKind.Main : SchemaKind.Both);
        var rag = inTwoDatabases ? await TestDatabase.CreateAsync(SchemaKind.Rag) : main;
        var role = await WorkerRole.CreateAsync(behindAPooler ? PooledSessions : null, main, rag);

        // Stories are about connections that die, not about a server that loses power.
        foreach (var database in new[] { main, rag })
        {
            await database.Source.ExecuteAsync($"ALTER DATABASE {database.Name} SET synchronous_commit = off");
        }

        return new StoryWorld(main, rag, role, await FakeEmbeddingsServer.StartAsync());
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A driver whose waits are over as soon as the due times of the database are as much nearer.</summary>
    public InProcessDriver DriverOf(IRunSteps steps) => new(
        steps, new StoryClock(RequestBudget) { BeforeWaking = ShiftDueTimesAsync }, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance);

    /// <summary>Until the server has ended what the sessions of cut connections were doing: their locks would hold up the next run.</summary>
    public async Task ServerNoticesDeathsAsync()
    {
        while (await InMainAsync<bool>(SomebodyWorks, (object)new[] { Main.Name, Rag.Name }))
        {
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }

    public Task<T> InMainAsync<T>(string sql, params object[] parameters) => ScalarAsync<T>(Main, sql, parameters);

    public Task<T> InRagAsync<T>(string sql, params object[] parameters) => ScalarAsync<T>(Rag, sql, parameters);

    public Task InMainAsync(string sql, params object[] parameters) => ExecuteAsync(Main, sql, parameters);

    public Task InRagAsync(string sql, params object[] parameters) => ExecuteAsync(Rag, sql, parameters);

    /// <summary>Every chunk of a cabinet with its vector: text, and the vector or null.</summary>
    public async Task<List<(string Text, float[]? Vector)>> ChunksAsync(long cabinetId)
    {
        const string sql = "SELECT m.chunk_text, e.embedding FROM rag_metadata AS m LEFT JOIN rag_embeddings AS e ON e.metadata_id = m.id WHERE m.cabinet_id = $1";
        await using var command = Command(Rag, sql, [cabinetId]);
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
        await Role.DisposeAsync();
        await Rag.DisposeAsync();
        if (Main != Rag)
        {
            await Main.DisposeAsync();
        }
    }

    private static async Task<T> ScalarAsync<T>(TestDatabase database, string sql, object[] parameters)
    {
        await using var command = Command(database, sql, parameters);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private static async Task ExecuteAsync(TestDatabase database, string sql, object[] parameters)
    {
        await using var command = Command(database, sql, parameters);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private Task ShiftDueTimesAsync(TimeSpan waited) => InRagAsync(
        """
        WITH provider AS (UPDATE rag_provider SET not_before = not_before - $1, updated_at = updated_at - $1)
        UPDATE rag_index_status SET not_before = not_before - $1, embedding_not_before = embedding_not_before - $1
        WHERE not_before IS NOT NULL OR embedding_not_before IS NOT NULL
        """,
        waited);

    private static NpgsqlCommand Command(TestDatabase database, string sql, object[] parameters)
    {
        var command = database.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }
}
