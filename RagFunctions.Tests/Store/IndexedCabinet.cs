using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>
/// A cabinet with a lease and what a round does to it, without the run around it: plan, apply, and a vector for every pending text
/// that can be recomputed from the text's hash.
/// </summary>
public sealed class IndexedCabinet
{
    public const long Token = 7;

    private const string TakeLease = """
        INSERT INTO rag_index_status (cabinet_id, lease_owner, lease_token, lease_run_id, lease_round, lease_heartbeat_at, lease_expires_at)
        VALUES ($1, 'test', $2, gen_random_uuid(), 1, clock_timestamp(), clock_timestamp() + interval '3 minutes')
        """;

    private const string EmbedPending = """
        WITH embedded AS (
            UPDATE rag_metadata
            SET embedded_hash = chunk_hash, embedded_model = 'stub', pending_since = NULL
            WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash
            RETURNING id, cabinet_id, chunk_type, chunk_hash)
        INSERT INTO rag_embeddings (metadata_id, cabinet_id, chunk_type, model, embedding)
        SELECT id, cabinet_id, chunk_type, 'stub', array_fill((('x' || left(chunk_hash, 6))::bit(24)::int)::real, ARRAY[1536])::vector
        FROM embedded
        ON CONFLICT (metadata_id) DO UPDATE SET embedding = EXCLUDED.embedding
        """;

    private const string WrongVectors = """
        SELECT count(*)
        FROM rag_metadata AS m
        LEFT JOIN rag_embeddings AS e ON e.metadata_id = m.id
        WHERE m.cabinet_id = $1 AND m.embedded_hash = m.chunk_hash
          AND (e.embedding IS NULL
               OR e.embedding <> array_fill((('x' || left(encode(sha256(convert_to(m.chunk_text, 'UTF8')), 'hex'), 6))::bit(24)::int)::real, ARRAY[1536])::vector)
        """;

    private readonly NpgsqlDataSource _source;

    private IndexedCabinet(NpgsqlDataSource source, MainDatabase main, RagDatabase rag, long id)
    {
        _source = source;
        Id = id;
        Queue = new ChangeQueue(main);
        Planner = new RangePlanner(main, rag);
        Applier = new ChangeApplier(main, rag, NullLogger<ChangeApplier>.Instance);
        Verifier = new IndexVerifier(main, rag);
    }

    public long Id { get; }

    public ChangeQueue Queue { get; }

    public RangePlanner Planner { get; }

    public ChangeApplier Applier { get; set; }

    public IndexVerifier Verifier { get; }

    /// <summary>Business time of the rounds.</summary>
    public DateTimeOffset AsOf { get; set; } = DateTimeOffset.UtcNow;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static Task<IndexedCabinet> CreateAsync(DatabaseFixture fixture) => CreateAsync(fixture, fixture.Main, fixture.Rag);

    /// <summary>A cabinet whose rounds reach the databases another way than the test itself.</summary>
    public static async Task<IndexedCabinet> CreateAsync(DatabaseFixture fixture, MainDatabase main, RagDatabase rag)
    {
        var cabinet = new IndexedCabinet(fixture.Source, main, rag, await fixture.AddCabinetAsync());
        await cabinet.ExecuteAsync(TakeLease, Token);
        return cabinet;
    }

    /// <summary>Articles 1…<paramref name="count"/> with a card, an order, a stock, a review and a sale each.</summary>
    public async Task FillAsync(int count, int from = 1)
    {
        var to = from + count - 1;
        await ExecuteAsync("INSERT INTO wb_products (cabinet_id, nm_id, name, brand, price) SELECT $1, n, 'Product ' || n, 'Brand', n FROM generate_series($2, $3) AS n", from, to);
        await ExecuteAsync("INSERT INTO wb_orders (cabinet_id, order_id, nm_id, price, order_date) SELECT $1, 'o' || n, n, n, now() - interval '1 day' FROM generate_series($2, $3) AS n", from, to);
        await ExecuteAsync("INSERT INTO wb_stocks (cabinet_id, nm_id, warehouse_name, size, quantity) SELECT $1, n, 'Kazan', 'M', 5 FROM generate_series($2, $3) AS n", from, to);
        await ExecuteAsync("INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, text, rating, created_date) SELECT $1, n, 'r' || n, 'Text ' || n, 5, now() - interval '1 day' FROM generate_series($2, $3) AS n", from, to);
        await ExecuteAsync("INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type, amount, sale_date) SELECT $1, n, 'S' || n, 'buyout', n, now() - interval '1 day' FROM generate_series($2, $3) AS n", from, to);
    }

    /// <summary>One full round.</summary>
    public async Task<ApplyChangesResult> RebuildAsync(bool allowMassDelete = false)
    {
        await StoreRequestAsync(allowMassDelete);
        var plan = await Planner.PlanFullAsync(Id, AsOf, allowMassDelete, Stop);
        return await ApplyAsync(plan, RunMode.Full);
    }

    /// <summary>Rounds over the queue until nothing is due.</summary>
    public async Task<ApplyChangesResult> CatchUpWithQueueAsync(bool allowMassDelete = false)
    {
        await StoreRequestAsync(allowMassDelete);
        var sum = new ApplyChangesResult();
        for (var round = 1; await Planner.PlanDeltaAsync(Id, allowMassDelete, Stop) is { Ranges.Count: > 0 } plan; round++)
        {
            Assert.True(round <= 10, "the queue does not get empty");
            sum = Plus(sum, await ApplyAsync(plan, RunMode.Incremental));
        }

        return sum;
    }

    public async Task<ApplyChangesResult> ApplyAsync(RangePlan plan, RunMode mode)
    {
        var sum = new ApplyChangesResult();
        foreach (var range in plan.Ranges)
        {
            sum = Plus(sum, await Applier.ApplyAsync(Input(range, mode), Stop));
        }

        return sum;
    }

    public ApplyChangesInput Input(ChangeRange range, RunMode mode = RunMode.Incremental, long token = Token) =>
        new(Id, Guid.NewGuid(), token, mode, AsOf, range);

    public Task EnqueueAsync(Entity entity, params long[] ids) =>
        Queue.EnqueueAsync(Id, new Dictionary<Entity, IReadOnlyCollection<long>> { [entity] = ids }, Stop);

    /// <summary>A right index with vectors and an empty queue.</summary>
    public async Task IndexAllAsync()
    {
        await RebuildAsync();
        await CatchUpWithQueueAsync();
        await EmbedAsync();
    }

    public Task EmbedAsync() => ExecuteAsync(EmbedPending);

    public Task<VerifyReport> VerifyAsync() => Verifier.VerifyAsync(Id, AsOf, 20, Stop);

    /// <summary>Embedded chunks whose vector is not that of their stored text.</summary>
    public Task<long> WrongVectorsAsync() => ScalarAsync<long>(WrongVectors);

    public async Task<long> IdOfAsync(Entity entity, long nmId) =>
        await ScalarAsync<long>($"SELECT id FROM {entity.TableName()} WHERE cabinet_id = $1 AND nm_id = $2 ORDER BY id LIMIT 1", nmId);

    public Task<long[]> IdsAsync(Entity entity) =>
        ScalarAsync<long[]>($"SELECT COALESCE(array_agg(id ORDER BY id), ARRAY[]::bigint[]) FROM {entity.TableName()} WHERE cabinet_id = $1");

    public Task<long> ChunksAsync(Entity entity) =>
        ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND source_table = $2", entity.TableName());

    public Task<string?> TextAsync(Entity entity, long sourceId) =>
        ScalarAsync<string?>("SELECT string_agg(chunk_text, '' ORDER BY chunk_index) FROM rag_metadata WHERE cabinet_id = $1 AND source_table = $2 AND source_id = $3", entity.TableName(), sourceId);

    public Task<long> QueuedAsync() => ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1");

    public Task<long> PendingAsync() =>
        ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash");

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync(Stop);
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        var value = await command.ExecuteScalarAsync(Stop);
        return value is DBNull ? default! : (T)value!;
    }

    /// <summary>The applier with another renderer: one that fails, waits or counts.</summary>
    public void RenderWith(MainDatabase main, RagDatabase rag, Func<SourceRow, RenderedRow> render) =>
        Applier = new ChangeApplier(main, rag, NullLogger<ChangeApplier>.Instance) { Render = render };

    private Task StoreRequestAsync(bool allowMassDelete) =>
        ExecuteAsync("UPDATE rag_index_status SET allow_mass_delete = $2 WHERE cabinet_id = $1", allowMassDelete);

    private static ApplyChangesResult Plus(ApplyChangesResult sum, ApplyChangesResult result) => new(
        sum.Superseded || result.Superseded,
        sum.RowsRead + result.RowsRead,
        sum.New + result.New,
        sum.Updated + result.Updated,
        sum.Unchanged + result.Unchanged,
        sum.Deleted + result.Deleted,
        sum.FailedRows + result.FailedRows,
        sum.Blocked ?? result.Blocked,
        sum.Error ?? result.Error,
        sum.ReadMs + result.ReadMs,
        sum.RenderMs + result.RenderMs,
        sum.SaveMs + result.SaveMs);

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = _source.CreateCommand(sql);
        command.Parameters.AddWithValue(Id);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }
}
