using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Tests.Postgres;

/// <summary>
/// For <c>IClassFixture&lt;DatabaseFixture&gt;</c>: one database with both schemas for all tests of a class. The tests keep out
/// of each other's way by cabinets of their own (<see cref="AddCabinetAsync"/>).
/// </summary>
public sealed class DatabaseFixture : IAsyncLifetime
{
    private const string InsertCabinet = "INSERT INTO wb_cabinets (api_key, name, is_active) VALUES ($1, $2, $3) RETURNING id";

    private TestDatabase? _database;

    /// <summary>The database itself.</summary>
    public TestDatabase Database => _database ?? throw new InvalidOperationException("The fixture is not initialised.");

    /// <inheritdoc cref="TestDatabase.ConnectionString"/>
    public string ConnectionString => Database.ConnectionString;

    /// <inheritdoc cref="TestDatabase.Source"/>
    public NpgsqlDataSource Source => Database.Source;

    /// <inheritdoc cref="TestDatabase.Main"/>
    public MainDatabase Main => Database.Main;

    /// <inheritdoc cref="TestDatabase.Rag"/>
    public RagDatabase Rag => Database.Rag;

    /// <summary>Adds a cabinet that no other test knows and returns its id.</summary>
    public async Task<long> AddCabinetAsync(bool isActive = true)
    {
        await using var command = Source.CreateCommand(InsertCabinet);
        command.Parameters.AddWithValue(Guid.NewGuid().ToString("N"));
        command.Parameters.AddWithValue("test cabinet");
        command.Parameters.AddWithValue(isActive);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;
}
