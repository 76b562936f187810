using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Store;

namespace RagFunctions.Tests.Runs;

/// <summary>A table that cannot be read: a right that is missing, a lock that nobody gives back, a statement that takes too long.</summary>
[Trait("Guarantee", "one-table")]
public sealed class UnreadableTableTests : IAsyncLifetime
{
    private readonly DatabaseFixture _fixture = new();
    private readonly string _role = $"app_{Guid.NewGuid():N}";
    private MainDatabase _main = null!;
    private RunsHarness _runs = null!;
    private IndexedCabinet _cabinet = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _fixture.InitializeAsync();
        await _fixture.Source.ExecuteAsync($"CREATE ROLE {_role} LOGIN PASSWORD 'role'");
        await RoleGrants.GrantAsync(_fixture.Source, _role, Stop);
        var settings = new NpgsqlConnectionStringBuilder(_fixture.ConnectionString)
        {
            Username = _role,
            Password = "role",
            Options = "-c statement_timeout=500",
            MaxPoolSize = 10,
        };
        _main = new MainDatabase(NpgsqlDataSource.Create(settings));
        _runs = new RunsHarness(_fixture, _main, _fixture.Rag);
        _cabinet = await IndexedCabinet.CreateAsync(_fixture);
        await _cabinet.ExecuteAsync("DELETE FROM rag_index_status WHERE cabinet_id = $1");
        await _cabinet.FillAsync(3);
    }

    public async ValueTask DisposeAsync()
    {
        _runs.Dispose();
        await _main.DisposeAsync();
        await _fixture.Source.ExecuteAsync($"DROP OWNED BY {_role}; DROP ROLE {_role}");
        await _fixture.DisposeAsync();
    }

    [Fact]
    [Trait("Fault", "1")]
    public async Task A_table_without_a_right_fails_alone_and_is_told()
    {
        await RefuseStocksAsync();
        var summary = await RunAsync();
        Assert.Equal(RunOutcome.Failed, summary.Outcome);
        Assert.Contains("wb_stocks cannot be read: permission denied for table wb_stocks (42501)", summary.Message, StringComparison.Ordinal);
        foreach (var entity in EntityNames.All)
        {
            Assert.Equal(entity == Entity.Stocks ? 0 : 3, await _cabinet.ChunksAsync(entity));
        }

        Assert.Equal(0, await _cabinet.PendingAsync());
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string>(_cabinet.Id, "requested_mode"));
        await AssertLeaseGivenBackAsync();
    }

    [Fact]
    [Trait("Fault", "1")]
    public async Task The_table_is_indexed_once_it_can_be_read()
    {
        await RefuseStocksAsync();
        await RunAsync();
        await _fixture.Source.ExecuteAsync($"GRANT SELECT ON wb_stocks TO {_role}");
        await _cabinet.ExecuteAsync("UPDATE rag_index_status SET not_before = NULL WHERE cabinet_id = $1");
        Assert.Equal(RunOutcome.Completed, (await RunAsync()).Outcome);
        Assert.Equal(3, await _cabinet.ChunksAsync(Entity.Stocks));
    }

    [Fact]
    [Trait("Fault", "1")]
    public async Task A_statement_that_takes_too_long_fails_its_table_alone()
    {
        await using var connection = await _fixture.Source.OpenConnectionAsync(Stop);
        await using var holder = await LockStocksAsync(connection);
        var summary = await RunAsync();
        Assert.Equal(RunOutcome.Failed, summary.Outcome);
        Assert.Contains("wb_stocks cannot be read: canceling statement due to statement timeout", summary.Message, StringComparison.Ordinal);
        Assert.Equal(3, await _cabinet.ChunksAsync(Entity.Orders));
        await AssertLeaseGivenBackAsync();
    }

    // Whoever repeats the statement waits for a clock that stands still.
    [Fact(Timeout = 60_000)]
    [Trait("Fault", "1")]
    public async Task A_table_that_does_not_answer_in_time_fails_alone()
    {
        await using var main = new MainDatabase(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_fixture.ConnectionString) { CommandTimeout = 1 }));
        using var runs = new RunsHarness(_fixture, main, _fixture.Rag);
        await using var connection = await _fixture.Source.OpenConnectionAsync(Stop);
        await using var holder = await LockStocksAsync(connection);
        var summary = await runs.Get<InProcessDriver>().RunAsync(_cabinet.Id, null, TestContext.Current.CancellationToken);
        Assert.Equal(RunOutcome.Failed, summary.Outcome);
        Assert.Contains("wb_stocks cannot be read: no answer within the command timeout", summary.Message, StringComparison.Ordinal);
        Assert.Equal(3, await _cabinet.ChunksAsync(Entity.Orders));
        await AssertLeaseGivenBackAsync();
    }

    [Fact]
    [Trait("Fault", "1")]
    public async Task A_catch_up_leaves_out_the_unreadable_table_and_keeps_its_watermark()
    {
        await RunAsync();
        var watermark = await _runs.StatusAsync<DateTime>(_cabinet.Id, "catch_up_from");
        await _cabinet.ExecuteAsync("UPDATE wb_orders SET price = price + 1, updated_at = now() WHERE cabinet_id = $1");
        await RefuseStocksAsync();
        await _runs.Get<IndexRequests>().StoreAsync(_cabinet.Id, RunMode.CatchUp, false, Stop);
        var summary = await RunAsync();
        Assert.Equal(RunOutcome.Failed, summary.Outcome);
        Assert.Contains("wb_stocks", summary.Message, StringComparison.Ordinal);
        Assert.Equal(0, await _cabinet.PendingAsync());
        Assert.Equal(3, await _runs.RunColumnAsync<long>(summary.RunId, "chunks_updated"));
        Assert.Equal(watermark, await _runs.StatusAsync<DateTime>(_cabinet.Id, "catch_up_from"));
        await AssertLeaseGivenBackAsync();
    }

    [Fact]
    public async Task A_renamed_product_is_indexed_although_a_dependent_table_cannot_be_read()
    {
        await RunAsync();
        await _cabinet.ExecuteAsync("UPDATE wb_products SET name = 'Renamed' WHERE cabinet_id = $1 AND nm_id = 1");
        await _cabinet.EnqueueAsync(Entity.Products, await _cabinet.IdOfAsync(Entity.Products, 1));
        await RefuseStocksAsync();
        await RunAsync();
        await AssertNamedAsync("Renamed", Entity.Products, Entity.Orders, Entity.Sales, Entity.Reviews);

        await _fixture.Source.ExecuteAsync($"GRANT SELECT ON wb_stocks TO {_role}");
        await _cabinet.ExecuteAsync("UPDATE rag_index_status SET not_before = NULL WHERE cabinet_id = $1");
        await RunAsync();
        await AssertNamedAsync("Renamed", Entity.Stocks);
    }

    [Fact]
    [Trait("Fault", "1")]
    public async Task A_statement_that_fails_before_the_plan_ends_the_round_as_failed()
    {
        await _fixture.Source.ExecuteAsync($"REVOKE SELECT ON rag_changes FROM {_role}");
        var summary = await RunAsync();
        Assert.Equal(RunOutcome.Failed, summary.Outcome);
        Assert.Contains("permission denied for table rag_changes", summary.Message, StringComparison.Ordinal);
        await AssertLeaseGivenBackAsync();
    }

    [Fact]
    [Trait("Fault", "1")]
    public async Task A_statement_that_fails_under_the_lease_gives_it_back()
    {
        await _cabinet.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES ($1, '*', 0)");
        await _fixture.Source.ExecuteAsync($"REVOKE DELETE ON rag_changes FROM {_role}");
        var summary = await RunAsync();
        Assert.Equal(RunOutcome.Failed, summary.Outcome);
        Assert.Contains("permission denied for table rag_changes", summary.Message, StringComparison.Ordinal);
        await AssertLeaseGivenBackAsync();
    }

    [Fact]
    public async Task A_run_that_cannot_be_verified_ends_and_says_so()
    {
        _runs.Verifier.Error = new PostgresException("canceling statement due to statement timeout", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled);
        var summary = await RunAsync();
        Assert.Equal(RunOutcome.CompletedWithErrors, summary.Outcome);
        Assert.Contains("verified", await _runs.StatusAsync<string>(_cabinet.Id, "last_error"), StringComparison.Ordinal);
        Assert.Null(await _runs.StatusAsync<string?>(_cabinet.Id, "lease_owner"));
    }

    private async Task AssertNamedAsync(string name, params Entity[] entities)
    {
        foreach (var entity in entities)
        {
            Assert.Contains(name, await _cabinet.TextAsync(entity, await _cabinet.IdOfAsync(entity, 1)), StringComparison.Ordinal);
        }
    }

    private static async Task<NpgsqlTransaction> LockStocksAsync(NpgsqlConnection connection)
    {
        var holder = await connection.BeginTransactionAsync(Stop);
        await using var hold = new NpgsqlCommand("LOCK TABLE wb_stocks IN ACCESS EXCLUSIVE MODE", connection, holder);
        await hold.ExecuteNonQueryAsync(Stop);
        return holder;
    }

    private Task RefuseStocksAsync() => _fixture.Source.ExecuteAsync($"REVOKE SELECT ON wb_stocks FROM {_role}");

    private Task<RunSummary> RunAsync() => _runs.Get<InProcessDriver>().RunAsync(_cabinet.Id, null, Stop);

    private async Task AssertLeaseGivenBackAsync()
    {
        Assert.Null(await _runs.StatusAsync<string?>(_cabinet.Id, "lease_owner"));
        Assert.Equal("failed", await _runs.StatusAsync<string>(_cabinet.Id, "last_outcome"));
        Assert.NotNull(await _runs.StatusAsync<string?>(_cabinet.Id, "last_error"));
        Assert.True(await _runs.StatusAsync<bool>(_cabinet.Id, "not_before > clock_timestamp()"));
    }
}
