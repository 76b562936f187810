using System.Net;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Pages;

/// <summary>
/// The app over 40 cabinets as an operator may meet them: one with a real index, some in trouble, and two weeks of runs. Sync and sweep
/// stand still, so that what is written here stays as it is.
/// </summary>
public sealed class DashboardScene : IAsyncLifetime
{
    public const string OperatorKey = RunningApp.OperatorKey;
    public const string LimitedKey = "key-of-two-cabinets";

    /// <summary>The cabinet with a real index.</summary>
    public const long Indexed = 1;

    /// <summary>Its last run failed.</summary>
    public const long Failing = 2;

    /// <summary>Its last run held a mass deletion back.</summary>
    public const long Blocked = 3;

    private const string Cabinets = """
        INSERT INTO wb_cabinets (id, api_key, name, is_active, last_sync_at, token_rejected_at)
        SELECT n, 'k' || n, (ARRAY['Северный ветер', 'Мастерская Линия', 'Дом и сад', 'Тёплые вещи', 'Компас', 'Добрая кухня', 'Лесная сказка', 'Атлас', 'Ручная работа', 'Пятое время'])[1 + (n - 1) % 10]
                || CASE WHEN n > 10 THEN ' ' || (n - 1) / 10 + 1 ELSE '' END,
               n NOT IN (39, 40), now() - n * interval '37 seconds', CASE WHEN n = 4 THEN now() - interval '2 hours' END
        FROM generate_series(1, 40) AS n;
        INSERT INTO wb_products (cabinet_id, nm_id, name, brand, category, price, rating, reviews_count)
        SELECT 1, 100000 + n, (ARRAY['Ботинки зимние', 'Кружка керамическая', 'Плед шерстяной', 'Рюкзак городской', 'Лампа настольная'])[1 + n % 5] || ' ' || n, 'Север', 'Дом', 900 + 10 * n, 4.6, 12
        FROM generate_series(1, 30) AS n;
        INSERT INTO wb_orders (cabinet_id, order_id, nm_id, name, price, order_date, status)
        SELECT 1, 'o' || n, 100001 + n % 30, 'Заказ', 900, now() - n * interval '5 hours', 'new' FROM generate_series(1, 120) AS n;
        INSERT INTO wb_reviews (cabinet_id, review_id, nm_id, text, rating, created_date)
        SELECT 1, 'r' || n, 100001 + n % 30,
               (ARRAY['Маломерит, берите на размер больше. В остальном тёплые и удобные.', 'Пришла вовремя, цвет как на фото, без сколов.',
                      'Очень мягкий и тёплый, пахнет новым дня два.', 'Молния заедает, пришлось смазать. Вместительный.'])[1 + n % 4], 3 + n % 3, now() - n * interval '9 hours'
        FROM generate_series(1, 40) AS n;
        INSERT INTO wb_sync_cursors (cabinet_id, entity, state, next_due_at, last_success_at, last_outcome)
        SELECT c, e, '{"date": "2026-11-20T10:00:00", "page": 3}', now() + interval '9 minutes', now() - interval '6 minutes', 'ok'
        FROM generate_series(1, 38) AS c, unnest(ARRAY['cards', 'prices', 'stocks', 'orders', 'sales', 'reviews']) AS e;
        UPDATE wb_sync_cursors SET last_outcome = 'rejected', last_error = 'the marketplace rejects the token (401)', last_success_at = now() - interval '2 hours' WHERE cabinet_id = 4;
        UPDATE wb_sync_cursors SET last_outcome = 'waiting', not_before = now() + interval '50 seconds', next_due_at = now() WHERE cabinet_id = 2 AND entity = 'stocks';
        INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at) SELECT 2, 'wb_orders', n, now() - interval '47 minutes' - n * interval '1 second' FROM generate_series(1, 312) AS n;
        INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at) SELECT 7, 'wb_stocks', n, now() - interval '40 seconds' FROM generate_series(1, 18) AS n;
        INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at, attempts, last_error, next_attempt_at)
        SELECT 2, 'wb_reviews', 900 + n, now() - interval '3 hours', 4, 'the text of the row cannot be read: invalid byte sequence for encoding "UTF8": 0x00', now() + interval '35 minutes' FROM generate_series(1, 2) AS n;
        INSERT INTO wb_sync_rejects (cabinet_id, entity, row_key, reason, row, first_seen_at, last_seen_at)
        VALUES (2, 'orders', 'srid-71b0c1', 'totalPrice: "12O0" is no number', '{"srid":"71b0c1","totalPrice":"12O0","nmId":152102405}', now() - interval '1 day', now() - interval '6 minutes');
        """;

    private const string Indexes = """
        INSERT INTO rag_index_status (cabinet_id, indexing_status, total_chunks, last_outcome, last_error, not_before, full_completed_at, last_indexed_at, last_incremental_at, is_active, updated_at)
        SELECT n, CASE WHEN n = 2 THEN 'failed' ELSE 'completed' END, 400 + (n * 7919) % 14000,
               CASE n WHEN 2 THEN 'failed' WHEN 3 THEN 'blocked' WHEN 5 THEN 'waiting: budget' WHEN 6 THEN 'completed_with_errors' ELSE 'completed' END,
               CASE n WHEN 2 THEN 'the provider refuses the key (401): Access denied due to invalid subscription key' WHEN 3 THEN 'mass deletion held back: orders (index 1200 rows, source still offers 310)'
                      WHEN 5 THEN 'the daily budget of $0.002 (rag cabinet budget) is spent: embedding waits until 00:00 UTC' WHEN 6 THEN '3 texts were refused by the provider: too long' END,
               CASE WHEN n = 2 THEN now() + interval '4 minutes' END, now() - interval '3 days', now() - interval '3 days', now() - (n % 13 + 1) * interval '1 minute', n < 39, now() - (n % 13 + 1) * interval '1 minute'
        FROM generate_series(2, 40) AS n WHERE n <> 38;
        INSERT INTO rag_budgets VALUES (5, 0.002), (2, 0.5);
        INSERT INTO rag_spend (day, cabinet_id, requests, inputs, tokens, usd) SELECT (now() AT TIME ZONE 'UTC')::date, n, 4, 80, 14000, 0.0003 FROM generate_series(2, 38) AS n;
        INSERT INTO rag_spend (day, cabinet_id, requests, inputs, tokens, usd) VALUES ((now() AT TIME ZONE 'UTC')::date, 5, 40, 500, 100000, 0.002) ON CONFLICT (day, cabinet_id) DO UPDATE SET usd = EXCLUDED.usd;
        INSERT INTO rag_run_hours (cabinet_id, hour, runs, failed_runs, inputs, cost_usd, naive_inputs, naive_cost_usd, run_ms, longest_ms, lag_seconds)
        SELECT c, date_trunc('hour', now()) - h * interval '1 hour', 4, CASE WHEN c = 2 AND h < 2 THEN 3 ELSE 0 END, v, v * 0.0000036, 4 * 6000, 4 * 6000 * 0.0000036, 4 * (600 + 4 * v), 900 + 7 * v + CASE WHEN h % 168 = 20 THEN 40000 ELSE 0 END,
               CASE WHEN c = 2 AND h < 2 THEN 2900 - 1500 * h WHEN c = 9 AND h BETWEEN 9 AND 11 THEN 600 WHEN (c * h) % 97 = 0 THEN 75 ELSE 0 END
        FROM generate_series(2, 38) AS c, generate_series(0, 340) AS h, LATERAL (SELECT (12 + (c * 31 + h * 17) % 23 + 14 * (1 + sin((extract(hour FROM now()) - h - 7) / 24.0 * 6.2832)))::bigint AS v) AS day;
        INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, outcome, started_at, finished_at, as_of, rounds, rows_read, chunks_new, chunks_updated, chunks_unchanged, chunks_deleted, total_chunks,
                                    embedding_requests, embedding_inputs, embedding_tokens, cost_usd, naive_inputs, naive_cost_usd, read_ms, render_ms, embed_ms, save_ms, last_error, blocked)
        SELECT gen_random_uuid(), c, CASE WHEN n = 9 THEN 'full_rebuild' ELSE 'incremental' END, 'app', CASE WHEN c = 2 AND n < 4 THEN 'failed' WHEN c = 3 AND n = 1 THEN 'blocked' ELSE 'completed' END,
               now() - n * interval '15 minutes' - interval '2 seconds', now() - n * interval '15 minutes' + n * 130 * interval '1 millisecond', now(), 1, 40 + 7 * n, n % 5, 8 + n * 3 % 11, 30, n % 3, 9400,
               1, CASE WHEN c = 2 AND n < 4 THEN 0 ELSE 8 + n * 3 % 11 + n % 5 END, 1500, CASE WHEN c = 2 AND n < 4 THEN 0 ELSE 0.000031 END, 9400, 0.033, 35 + 11 * (n % 4), 2 + n % 3, CASE WHEN c = 2 AND n < 4 THEN 0 ELSE 420 + 60 * (n % 5) END, 90 + 17 * n,
               CASE WHEN c = 2 AND n < 4 THEN 'the provider refuses the key (401): Access denied due to invalid subscription key' END,
               CASE WHEN c = 3 AND n = 1 THEN '[{"entity":"orders","indexed_rows":1200,"eligible_rows":310}]'::jsonb END
        FROM generate_series(2, 3) AS c, generate_series(1, 14) AS n;
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, chunk_hash, embed_attempts, embed_error, pending_since, next_attempt_at)
        SELECT 6, 'wb_reviews', n, 0, 'review', 'Отзыв, который провайдер не принимает, ' || n, md5(n::text) || md5(n::text), 5, 'the provider refuses the text (400): maximum context length is 8192 tokens', now() - interval '20 minutes', now() + interval '1 hour'
        FROM generate_series(1, 3) AS n;
        """;

    private RunningApp _app = null!;

    public TestDatabase Database { get; private set; } = null!;

    public string Address => _app.Host.Address;

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync();
        await Database.Source.ExecuteAsync(Cabinets);
        await Database.Source.ExecuteAsync(Indexes);
        _app = await StartAppAsync(0);
        using var ask = new HttpRequestMessage(HttpMethod.Post, $"/v1/rag/index/{Indexed}?full_rebuild=true");
        ask.Headers.Add("X-API-KEY", OperatorKey);
        using var answer = await _app.Http.SendAsync(ask);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await Condition.BecomesTrueAsync(
            async () => await ScalarAsync<long>($"SELECT count(*) FROM rag_index_status WHERE cabinet_id = {Indexed} AND last_outcome = 'completed' AND lease_owner IS NULL") == 1,
            "the first cabinet is indexed");
        await ScalarAsync<object?>("SELECT setval('wb_cabinets_id_seq', 1000)");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Another app over the same database, to be stopped and started again by a test.</summary>
    internal Task<RunningApp> StartAppAsync(int port, params (string Name, string Value)[] settings) => RunningApp.StartAsync(
        Database,
        [("Api:Keys:1:Key", LimitedKey), ("Api:Keys:1:Cabinets", $"{Indexed},{Failing}"), ("Budgets:DailyUsd", "0.05"), ("LocalHost:Port", $"{port}"), .. settings]);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
