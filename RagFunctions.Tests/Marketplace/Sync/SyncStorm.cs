using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Faults;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Faults;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>
/// Syncs of a living shop while everything fails that can: answers of the marketplace, connections to the database at any request, the
/// rights, time and room it gives, the worker itself, and its lease. Everything follows from the seed.
/// </summary>
internal sealed class SyncStorm : IAsyncDisposable
{
    // Content is what a row says; the times at which it was written or changed are not.
    private const string Audit = """
        CREATE TABLE changed_content (source_table text, source_id bigint);
        CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'the sync deletes no row of %', TG_TABLE_NAME;
            END IF;
            IF TG_OP = 'INSERT' OR (to_jsonb(NEW) - '{updated_at,last_change_date,last_updated}'::text[])
                IS DISTINCT FROM (to_jsonb(OLD) - '{updated_at,last_change_date,last_updated}'::text[]) THEN
                INSERT INTO changed_content VALUES (TG_TABLE_NAME, NEW.id);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON wb_orders FOR EACH ROW EXECUTE FUNCTION note_change();
        CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON wb_sales FOR EACH ROW EXECUTE FUNCTION note_change();
        CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON wb_stocks FOR EACH ROW EXECUTE FUNCTION note_change();
        CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON wb_products FOR EACH ROW EXECUTE FUNCTION note_change();
        CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON wb_reviews FOR EACH ROW EXECUTE FUNCTION note_change();
        """;

    // No storm kills the server: what waits for its disk is only the test.
    private const string CommitAtOnce =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";

    private const string TakeChanged = """
        WITH taken AS (DELETE FROM changed_content RETURNING source_table, source_id)
        SELECT DISTINCT source_table || ' ' || source_id FROM taken ORDER BY 1
        """;

    private const string TakeQueued = """
        WITH taken AS (DELETE FROM rag_changes RETURNING source_table, source_id)
        SELECT source_table || ' ' || source_id FROM taken ORDER BY 1
        """;

    // Five minutes of the database's clock, which no test waits for.
    private const string ExpireLeases = "UPDATE wb_sync_cursors SET lease_expires_at = now() WHERE lease_expires_at IS NOT NULL";

    private static readonly Fault[] Faults =
    [
        Fault.ServerError(), Fault.ServerError(503), Fault.TooManyRequests(TimeSpan.FromSeconds(30)), Fault.TooManyRequests(), Fault.Cut,
        Fault.HalfJson, Fault.Html, Fault.RepeatedRows, Fault.ReorderedRows, Fault.RepeatedPage, Fault.NoRows, Fault.BadRow, Fault.NullList,
    ];

    private readonly TestDatabase _database;
    private readonly WorkerRole _role;
    private readonly FaultProxy _proxy;
    private readonly ShopWorld _world;
    private readonly ServiceProvider _rival;
    private readonly Random _random;

    // Apart, so that a seed's other faults are the same with and without them.
    private readonly Random? _turns;
    private readonly bool _isBasic;
    private readonly HashSet<string> _struck = [];
    private readonly List<string> _story = [];
    private int _hangsLeft;
    private string[] _stock = [];

    // Since the last stock report that was read to its end: one without rows, one that came twice.
    private (bool Emptied, bool Repeated) _doubt;

    // A task's report is of the stock at its creating, and may be fetched hours later: what the shop had at each one since then.
    private HashSet<string>? _reported;

    private SyncStorm(
        int seed, bool databaseTurns, TestDatabase database, WorkerRole role, FaultProxy proxy, ShopWorld world, ServiceProvider rival)
    {
        (_database, _role, _proxy, _world, _rival) = (database, role, proxy, world, rival);
        _random = new Random(seed);
        _turns = databaseTurns ? new Random(~seed) : null;
        _isBasic = IsBasic(seed);
        _hangsLeft = seed % 4 == 0 ? 1 : 0;
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What struck at least once: kinds of faults at the marketplace, the database and the worker.</summary>
    public IReadOnlySet<string> Struck => _struck;

    /// <summary>For how long nothing was published, because the shop stands still while limits pass: what happens meanwhile appears so much later.</summary>
    public TimeSpan LongestStandstill { get; private set; }

    /// <summary>The last things that struck, each with its hour: for who has to find out why a storm did harm.</summary>
    public IEnumerable<string> Story => _story.TakeLast(40);

    /// <param name="seed">Every fifth storm is behind a pooler.</param>
    /// <param name="databaseTurns">The database turns against the worker's role, too.</param>
    public static async Task<SyncStorm> StartAsync(int seed, bool databaseTurns)
    {
        // Every fourth shop is older than what the marketplace keeps, every fourth has a basic token.
        var options = new ShopOptions
        {
            Seed = seed,
            HistoryDays = IsOld(seed) ? 95 : 7,
            Products = 12,
            OrdersPerHour = IsOld(seed) ? 0.4 : 5,
            TrashPerDay = 2,
            CardChangesPerDay = 6,
            LateOrderShare = 0.5,
            LateBy = seed % 3 == 0 ? TimeSpan.FromHours(5) : TimeSpan.Zero,
            SilentFills = seed % 3 == 1,
            NegativeReturns = seed % 2 == 0,
        };
        (string, int)[] settings = [("CardPageRows", 5), ("PricePageRows", 5), ("ReviewPageRows", 10), ("StockPageRows", 20), ("Retries", 1), ("TimeoutSeconds", 3)];
        var database = await TestDatabase.CreateAsync();
        await database.Source.ExecuteAsync(Audit);
        await database.Source.ExecuteAsync(CommitAtOnce);
        var role = await WorkerRole.CreateAsync(seed % 5 == 0 ? 6 : null, database);
        var proxy = new FaultProxy(role.ConnectionTo(database));
        var world = await ShopWorld.StartAsync(
            options, database.Source, proxy.ConnectionString, IsBasic(seed) ? TokenType.Basic : TokenType.Personal, settings);
        return new SyncStorm(
            seed, databaseTurns, database, role, proxy, world, FakeMarketplaceHost.Build(database.ConnectionString, world.Server, world.Time, [("StatisticsCutRows", 90), .. settings]));
    }

    /// <summary>Some hours of life, then a sync of everything due, with faults.</summary>
    public async Task StepAsync()
    {
        _world.Advance(TimeSpan.FromMinutes(_random.Next(1, 8) * 30));
        var (emptied, repeated, begun, stocksRead) = (false, false, false, false);
        _world.Server.Faults.When = request =>
        {
            var fault = NextFault(request);
            if (fault is not null && request.Host == MarketplaceHost.Analytics)
            {
                emptied |= IsEmpty(fault);
                repeated |= fault.Kind == FaultKind.RepeatedPage;
            }

            if (request.Path.EndsWith("/warehouse_remains", StringComparison.Ordinal))
            {
                _reported ??= [.. Offered()];
                _reported.IntersectWith(Offered());
            }

            begun |= request.Host == MarketplaceHost.Analytics && !request.Path.Contains("seller", StringComparison.Ordinal);

            return fault;
        };
        foreach (var entity in (await _rival.GetRequiredService<SyncPlanner>().DueAsync(_world.Cabinet, Ct)).SelectMany(due => due.Entities))
        {
            stocksRead |= await RunAsync(entity) && entity == SyncEntity.Stocks;
        }

        _world.Server.Faults.Clear();
        await AssertExactlyTheChangedAreQueuedAsync();
        await AssertNothingZeroedAsync(emptied, repeated);

        // A sync that only goes on with the seller's own report leaves the doubt about the marketplace's as it was.
        stocksRead &= begun;
        _reported = stocksRead ? null : _reported;
        _doubt = (emptied || (_doubt.Emptied && !stocksRead), repeated || (_doubt.Repeated && !stocksRead));
    }

    /// <summary>Everything works again; in the end the tables are the shop, and another sync finds nothing to do.</summary>
    public async Task EndAsync()
    {
        // Failures are tried again after six hours at most; the day brings the whole listings.
        foreach (var hours in new[] { 6, 6, 25, 3, 3 })
        {
            _world.Time.Advance(TimeSpan.FromHours(hours));
            var results = await _world.SyncAsync();
            Assert.All(results, result => Assert.True(result.Status is EntitySyncStatus.Ok or EntitySyncStatus.Waiting or EntitySyncStatus.Failed, $"{result}"));
            _story.AddRange(results.Where(result => result.Reason is not null).Select(result => $"in the end {result.Entity} {result.Status}: {result.Reason}"));
            await AssertExactlyTheChangedAreQueuedAsync();
        }

        await new ShopTruth(_world.Shop, _isBasic).AssertAsync(
            _database.Source, _world.Cabinet, IsOld(_world.Shop.Options.Seed) ? _world.Shop.Now.AddDays(-89.5) : null);
        Assert.NotEmpty(_world.Shop.Reviews);
        Assert.NotEmpty(_world.Shop.Sales);
        _world.Time.Advance(TimeSpan.FromHours(3));
        Assert.All(await _world.SyncAsync(), result => Assert.False(result.HasChanges, $"{result}"));
        Assert.Empty(await _database.Source.ReadNamesAsync(TakeQueued));
        // A report that was ready before the storm may be gone after it: the one 4xx that nobody can foresee.
        Assert.DoesNotContain(_world.Server.Violations, request => request is not { Bucket: "remains-download" or "remains-status", Status: 404 });
    }

    public async ValueTask DisposeAsync()
    {
        await _rival.DisposeAsync();
        await _world.DisposeAsync();
        await _proxy.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await _role.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static bool IsBasic(int seed) => seed % 4 == 3;

    private static bool IsOld(int seed) => seed % 4 == 1;

    private async Task<bool> RunAsync(SyncEntity entity)
    {
        for (var i = 0; i < 12; i++)
        {
            var result = await RunOnceAsync(entity);
            await _database.Source.ExecuteAsync(ExpireLeases);
            if (result is not { Status: EntitySyncStatus.Waiting, WaitUntil: { } until })
            {
                return result?.Status == EntitySyncStatus.Ok;
            }

            _world.PassTo(until);
            var behind = _world.Time.GetUtcNow() - _world.Shop.Now;
            LongestStandstill = behind > LongestStandstill ? behind : LongestStandstill;
        }

        return false;
    }

    // Null: the worker died, by a signal or with its connection.
    private async Task<EntitySyncResult?> RunOnceAsync(SyncEntity entity)
    {
        using var worker = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var dies = Chance(12);
        var isOvertaken = !dies && Chance(8);
        var left = _random.Next(1, 4);
        _world.Server.BeforeAnswer = async _ =>
        {
            if (Interlocked.Decrement(ref left) != 0)
            {
                return;
            }

            if (dies)
            {
                Note("worker killed");
                await worker.CancelAsync();
            }
            else if (isOvertaken)
            {
                await OvertakeAsync(entity);
            }
        };
        if (Chance(4))
        {
            _proxy.Arm(_random.Next(1, 25), Chance(2) ? ConnectionFault.BeforeRequest : ConnectionFault.AnswerLost);
        }

        if (_turns is not null && _turns.Next(5) == 0)
        {
            var (trouble, which) = (_turns.GetItems(Enum.GetValues<DatabaseTrouble>(), 1)[0], _turns.Next(100));
            _proxy.Interrupt(_turns.Next(1, 25), async () =>
            {
                Note($"{trouble}");
                await _role.StrikeAsync(trouble, _database, which);
            });
        }

        var struckBefore = _proxy.Struck;
        try
        {
            var result = await _world.Services.GetRequiredService<EntitySync>().RunAsync(_world.Cabinet, entity, askedAt: null, worker.Token);
            Assert.False(
                isOvertaken && left <= 0 && result.Status == EntitySyncStatus.Ok, $"a worker that was overtaken at {entity} went on: {result}");
            return result;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or IOException or TimeoutException && !Ct.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            _proxy.Arm(0, ConnectionFault.BeforeRequest);
            _proxy.Interrupt(0, null);
            await _proxy.Interrupting;
            await _role.RecoverWhollyAsync();
            _world.Server.BeforeAnswer = null;
            if (_proxy.Struck > struckBefore)
            {
                Note("database connection cut");
            }
        }
    }

    // The lease runs out while the answer is under way, and another worker does the work.
    private async Task OvertakeAsync(SyncEntity entity)
    {
        Note("lease overtaken");
        await _database.Source.ExecuteAsync(ExpireLeases);
        var rival = await _rival.GetRequiredService<EntitySync>().RunAsync(_world.Cabinet, entity, evenIfNotDue: true, Ct);
        Assert.NotEqual(EntitySyncStatus.Busy, rival.Status);
    }

    private Fault? NextFault(MarketplaceRequest request)
    {
        if (!Chance(5))
        {
            return null;
        }

        // Stock comes whole, so an empty answer is the one to fear there.
        var fault = request.Host == MarketplaceHost.Analytics && Chance(3) ? Fault.NoRows : Faults[_random.Next(Faults.Length)];
        if (IsEmpty(fault) && request.Host == MarketplaceHost.Analytics
            && !request.Body.Contains("\"offset\":0", StringComparison.Ordinal) && !request.Path.EndsWith("/download", StringComparison.Ordinal))
        {
            // An empty page behind others is the end of the report: nobody could tell.
            return null;
        }

        if (_hangsLeft > 0 && Chance(10))
        {
            _hangsLeft--;
            fault = Fault.Hang;
        }

        Note(fault.Kind == FaultKind.Status ? $"{fault.StatusCode}" : $"{fault.Kind}", $"{request.Path} {request.Body}");
        return fault;
    }

    private async Task AssertExactlyTheChangedAreQueuedAsync() => Assert.Equal(
        await _database.Source.ReadNamesAsync(TakeChanged), await _database.Source.ReadNamesAsync(TakeQueued));

    // One report that is too small is not believed: what the shop has, and the tables had, the tables still have.
    private async Task AssertNothingZeroedAsync(bool emptied, bool repeated)
    {
        var stored = (await ShopTruth.StoredStockAsync(_database.Source, _world.Cabinet)).Select(Place).ToArray();
        var truth = _reported is null ? Offered() : Offered().Intersect(_reported);
        if (!repeated && !_doubt.Repeated && !(emptied && _doubt.Emptied))
        {
            Assert.Empty(_stock.Intersect(truth).Except(stored));
        }

        _stock = stored;
    }

    private IEnumerable<string> Offered() => new ShopTruth(_world.Shop, _isBasic).StockRows().Select(Place);

    private static string Place(string line) => string.Join('|', line.Split('|')[..4]);

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    // Null in place of the rows is what some methods say when there are none.
    private static bool IsEmpty(Fault fault) => fault.Kind is FaultKind.NoRows or FaultKind.NullList;

    private void Note(string what, string where = "")
    {
        _struck.Add(what);
        _story.Add($"{_world.Time.GetUtcNow():MM-dd HH:mm} {what} {where}");
    }
}
