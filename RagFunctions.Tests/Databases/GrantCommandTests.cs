using Npgsql;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Databases;

public sealed class GrantCommandTests : IAsyncLifetime
{
    private readonly string _role = $"app {Guid.NewGuid():N}";
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.Source.ExecuteAsync("CREATE TABLE somebody_elses (id int)");
        // On a server where anybody may do anything a grant proves nothing.
        await _database.Source.ExecuteAsync("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    }

    public async ValueTask DisposeAsync()
    {
        await _database.Source.ExecuteAsync($"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{_role}') THEN DROP OWNED BY \"{_role}\"; DROP ROLE \"{_role}\"; END IF; END $$");
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task The_identity_reads_and_writes_rows_of_the_system_and_nothing_else()
    {
        await MakeRoleAsync();
        // Without the schema its tables are not even seen.
        await AssertRefusedAsync("SELECT count(*) FROM rag_metadata", PostgresErrorCodes.UndefinedTable);

        foreach (var set in new[] { "main", "rag", "main" })
        {
            var run = await CliRun.OnAsync(_database.ConnectionString, "grant", set, "--to", _role);
            Assert.Equal((0, "", $"{set}: {_role} may read and write rows\n"), (run.Code, run.Errors, run.Output));
        }

        await AsRoleAsync("INSERT INTO wb_cabinets (api_key, name) VALUES ('k', 'n')");
        await AsRoleAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES (1, 'wb_orders', 1) ON CONFLICT DO NOTHING");
        await AsRoleAsync("UPDATE rag_metadata SET chunk_text = chunk_text");
        await AsRoleAsync("DELETE FROM rag_embeddings");
        await AssertRefusedAsync("SELECT count(*) FROM somebody_elses");
        await AssertRefusedAsync("TRUNCATE rag_metadata");
        await AssertRefusedAsync("CREATE TABLE mine (id int)");
        await AssertRefusedAsync("DROP TABLE rag_metadata");
    }

    [Theory]
    [InlineData("has_database_privilege($1, current_database(), 'CONNECT')")]
    [InlineData("has_schema_privilege($1, 'public', 'USAGE')")]
    [InlineData("has_table_privilege($1, 'rag_changes', 'SELECT')")]
    [InlineData("has_table_privilege($1, 'rag_changes', 'INSERT')")]
    [InlineData("has_table_privilege($1, 'rag_changes', 'UPDATE')")]
    [InlineData("has_table_privilege($1, 'rag_changes', 'DELETE')")]
    [InlineData("has_sequence_privilege($1, 'wb_cabinets_id_seq', 'USAGE')")]
    public async Task Nothing_that_the_app_needs_is_left_to_what_everybody_may(string privilege)
    {
        await MakeRoleAsync();
        await _database.Source.ExecuteAsync($"REVOKE ALL ON DATABASE {_database.Name} FROM PUBLIC");
        Assert.False(await HasAsync(privilege));
        Assert.Equal(0, (await CliRun.OnAsync(_database.ConnectionString, "grant", "main", "--to", _role)).Code);
        Assert.True(await HasAsync(privilege));
    }

    [Fact]
    public async Task A_role_that_is_not_there_is_named_and_nothing_is_granted()
    {
        var run = await CliRun.OnAsync(_database.ConnectionString, "grant", "rag", "--to", _role);
        Assert.Equal(1, run.Code);
        Assert.Contains($"There is no role {_role}", run.Errors, StringComparison.Ordinal);
        Assert.Contains("--object-id", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_Entra_says_so()
    {
        var run = await CliRun.OnAsync(_database.ConnectionString, "grant", "rag", "--to", _role, "--object-id", Guid.NewGuid().ToString());
        Assert.Equal(1, run.Code);
        Assert.Contains("does not know Entra", run.Errors, StringComparison.Ordinal);
    }

    private async Task<bool> HasAsync(string privilege)
    {
        await using var command = _database.Source.CreateCommand($"SELECT {privilege}");
        command.Parameters.AddWithValue(_role);
        return (bool)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private Task MakeRoleAsync() => _database.Source.ExecuteAsync($"CREATE ROLE \"{_role}\"");

    private async Task AssertRefusedAsync(string sql, string state = PostgresErrorCodes.InsufficientPrivilege) =>
        Assert.Equal(state, (await Assert.ThrowsAsync<PostgresException>(() => AsRoleAsync(sql))).SqlState);

    private Task AsRoleAsync(string sql) => _database.Source.ExecuteAsync($"SET ROLE \"{_role}\"; {sql}; RESET ROLE");
}
