using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Tests.Postgres;

/// <summary>A database of its own for a test or a test class: copied from a template, dropped when disposed.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly TestRun _run;

    private TestDatabase(TestRun run, string name, NpgsqlConnectionStringBuilder settings)
    {
        _run = run;
        Name = name;
        ConnectionString = settings.ConnectionString;
        var builder = new NpgsqlDataSourceBuilder(ConnectionString);
        builder.UseVector();
        Source = builder.Build();
        Main = new MainDatabase(Source);
        Rag = new RagDatabase(Source);
    }

    /// <summary>Its name on the server.</summary>
    public string Name { get; }

    /// <summary>Everything needed to connect, for code that opens its own connections.</summary>
    public string ConnectionString { get; }

    /// <summary>Pooled connections, vectors included.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>The database in its part as source.</summary>
    public MainDatabase Main { get; }

    /// <summary>The database in its part as index.</summary>
    public RagDatabase Rag { get; }

    /// <summary>Makes one. Fails when there is no server; see <see cref="PostgresServer"/>.</summary>
    public static async Task<TestDatabase> CreateAsync(SchemaKind kind = SchemaKind.Both)
    {
        var run = await TestRun.CurrentAsync();
        var name = await run.CreateDatabaseAsync(kind);
        return new TestDatabase(run, name, await PostgresServer.ConnectionToAsync(name));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _run.DropDatabaseAsync(Name);
    }
}
