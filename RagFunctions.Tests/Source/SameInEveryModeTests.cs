using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Source;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Source;

public sealed class SameInEveryModeTests
{
    /// <summary>600 rows of anything, a fifth of every column NULL; the cards cover half of the articles.</summary>
    private const string Fill = """
        INSERT INTO wb_products (cabinet_id, nm_id, name, brand, price, discount_price, rating, reviews_count, is_active)
        SELECT 1, n, CASE WHEN random() < 0.8 THEN 'Карточка ' || n END, CASE WHEN random() < 0.8 THEN 'Норд' END, random() * 5000, random() * 5000,
               CASE WHEN random() < 0.8 THEN random() * 5 END, n, random() < 0.7
        FROM generate_series(1, 100, 2) AS n;
        INSERT INTO wb_orders (cabinet_id, nm_id, order_id, name, size, price, total_price, spp_percent, quantity, order_date, status)
        SELECT 1, 1 + n % 100, CASE WHEN random() < 0.8 THEN md5(n::text) END, CASE WHEN random() < 0.8 THEN 'Футболки' END, CASE WHEN random() < 0.8 THEN 'M' END,
               random() * 3000, CASE WHEN random() < 0.8 THEN random() * 3000 END, random() * 100, 1,
               CASE WHEN random() < 0.8 THEN '2026-11-22'::timestamptz - random() * interval '120 days' END, CASE WHEN random() < 0.8 THEN 'active' END
        FROM generate_series(1, 200) AS n;
        INSERT INTO wb_stocks (cabinet_id, nm_id, name, size, warehouse_name, quantity)
        SELECT 1, 1 + n % 100, NULL, CASE WHEN random() < 0.8 THEN 'M' || n / 100 END, CASE WHEN random() < 0.8 THEN 'Коледино' END, CASE WHEN random() < 0.8 THEN (random() * 30)::int END
        FROM generate_series(1, 200) AS n;
        INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, rating, is_answered, created_date, text, pros, cons)
        SELECT 1, CASE WHEN random() < 0.8 THEN 1 + n % 100 END, n, CASE WHEN random() < 0.8 THEN 1 + n % 5 END, random() < 0.5,
               CASE WHEN random() < 0.8 THEN '2026-11-22'::timestamptz - random() * interval '120 days' END,
               CASE WHEN random() < 0.8 THEN repeat('Отлично сидит, рекомендую. ', (random() * 100)::int) END, CASE WHEN random() < 0.8 THEN 'цвет' END, NULL
        FROM generate_series(1, 200) AS n;
        INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type, amount, customer_price, sale_date, product_name)
        SELECT 1, 1 + n % 100, n, CASE WHEN random() < 0.8 THEN 'buyout' ELSE 'return' END, random() * 3000, CASE WHEN random() < 0.8 THEN random() * 3000 END,
               CASE WHEN random() < 0.8 THEN '2026-11-22'::timestamptz - random() * interval '120 days' END, CASE WHEN random() < 0.8 THEN 'Футболки' END
        FROM generate_series(1, 200) AS n;
        """;

    [Theory]
    [Trait("Guarantee", "same-text")]
    [Trait("Defect", "14")]
    [InlineData(SchemaKind.Main, 0.1)]
    [InlineData(SchemaKind.Empty, 0.2)]
    public async Task A_rows_text_does_not_depend_on_how_it_was_read(SchemaKind kind, double seed)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        await using var main = await database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await main.RunAsync(kind == SchemaKind.Empty ? OriginalTables.Create : "INSERT INTO wb_cabinets (id, api_key) VALUES (1, 'ours')");
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, TestContext.Current.CancellationToken);
        await main.RunAsync("SELECT setseed($1)", seed);
        await main.RunAsync(Fill);
        foreach (var entity in EntityNames.All)
        {
            var ids = await main.EligibleIdsAsync(entity, 1);
            var whole = (await main.ByRangeAsync(entity, 1)).Eligible;
            List<SourceRow> pages = [];
            for (IReadOnlyList<SourceRow> page = []; pages.Count == 0 || page.Count == 7;)
            {
                page = (await main.ByRangeAsync(entity, 1, from: pages.Count == 0 ? null : pages[^1].Id + 1, limit: 7)).Eligible;
                pages.AddRange(page);
            }

            var named = await main.ByIdsAsync(entity, 1, [.. Enumerable.Range(-5, 400).Select(id => (long)id)]);
            Assert.NotEmpty(ids);
            Assert.NotEmpty(named.Ineligible);
            Assert.Equal(ids, whole.Ids());
            Assert.Equal(whole, pages);
            Assert.Equal(whole, named.Eligible);
            for (var i = 0; i < whole.Count; i++)
            {
                var (fromRange, fromIds) = (ChunkRenderer.Render(whole[i]), ChunkRenderer.Render(named.Eligible[i]));
                Assert.Equal(fromRange.Chunks, fromIds.Chunks);
                Assert.Equal(fromRange with { Chunks = [] }, fromIds with { Chunks = [] });
            }
        }
    }
}
