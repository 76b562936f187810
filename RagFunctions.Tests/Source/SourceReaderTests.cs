using RagFunctions.Core;
using RagFunctions.Core.Source;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Source;

public sealed class SourceReaderTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string InsertOrder = "INSERT INTO wb_orders (cabinet_id, nm_id, name, order_date) VALUES ($1, $2, 'Футболки', $3::text::timestamptz) RETURNING id";

    /// <summary>A row of cabinet $1 and article $2 with the date $3, of each entity that has one.</summary>
    private static readonly (Entity Entity, string Insert)[] Dated =
    [
        (Entity.Orders, InsertOrder),
        (Entity.Reviews, "INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, created_date, created_at) VALUES ($1, $2, gen_random_uuid(), $3::text::timestamptz, '2026-11-22 08:00+00') RETURNING id"),
        (Entity.Sales, "INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type, sale_date) VALUES ($1, $2, gen_random_uuid(), 'buyout', $3::text::timestamptz) RETURNING id"),
    ];

    private static readonly DateTimeOffset Date = new(2026, 11, 20, 22, 30, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Defect", "19")]
    public async Task Every_column_arrives_where_it_belongs()
    {
        var cabinet = await database.AddCabinetAsync();
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        var product = (long)(await main.RunAsync(
            """
            INSERT INTO wb_products (cabinet_id, nm_id, name, vendor_code, brand, category, price, discount_price, rating, reviews_count)
            VALUES ($1, 42, 'catalogue', 'vendor', 'brand', 'category', 1.5, 2.25, 4.7, 8) RETURNING id
            """, cabinet))!;
        var order = (long)(await main.RunAsync(
            """
            INSERT INTO wb_orders (cabinet_id, nm_id, order_id, article, name, brand, size, category, quantity, price, total_price, customer_price,
              discount_percent, spp_percent, warehouse_from, warehouse_to, order_date, status)
            VALUES ($1, 42, 'number', 'article', 'own', 'brand', 'size', 'category', 1, 2, 3, 4, 5, 6, 'from', 'to', '2026-11-20 22:30+00', 'active') RETURNING id
            """, cabinet))!;
        var stock = (long)(await main.RunAsync(
            """
            INSERT INTO wb_stocks (cabinet_id, nm_id, article, name, brand, category, size, warehouse_name, quantity, in_way_to_client, in_way_from_client)
            VALUES ($1, 42, 'article', 'own', 'brand', 'category', 'size', 'warehouse', 1, 2, 3) RETURNING id
            """, cabinet))!;
        var review = (long)(await main.RunAsync(
            """
            INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, rating, created_date, text, pros, cons, is_answered, color, matching_size, user_name)
            VALUES ($1, 42, 'r', 4, '2026-11-20 22:30+00', 'text', 'pros', 'cons', true, 'color', 'ok', 'a buyer') RETURNING id
            """, cabinet))!;
        var sale = (long)(await main.RunAsync(
            """
            INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, order_id, g_number, product_name, brand, size, amount, customer_price, discount_percent,
              spp_percent, sale_date, type, status, is_cancel)
            VALUES ($1, 42, 'sale', 'order', 'basket', 'own', 'brand', 'size', 1, 2, 3, 4, '2026-11-20 22:30+00', 'return', 'pending', false) RETURNING id
            """, cabinet))!;
        SourceRow[] expected =
        [
            new ProductRow(product, 42, "catalogue", "vendor", "brand", "category", 1.5m, 2.25m, 4.7m, 8),
            new OrderRow(order, 42, "catalogue", "number", "article", "own", "brand", "size", "category", 1, 2, 3, 4, 5, 6, "from", "to", Date, "active", "category"),
            new StockRow(stock, 42, "catalogue", "article", "own", "brand", "category", "size", "warehouse", 1, 2, 3),
            new ReviewRow(review, 42, "catalogue", 4, Date, "text", "pros", "cons", true, "color", "ok", "category"),
            new SaleRow(sale, 42, "catalogue", "order", "sale", "basket", "own", "brand", "size", 1, 2, 3, 4, Date, "return", "pending", false, null, "category"),
        ];

        foreach (var row in expected)
        {
            Assert.Equal(row, Assert.Single((await main.ByIdsAsync(row.Entity, cabinet, row.Id)).Eligible));
            Assert.Equal(row, Assert.Single((await main.ByRangeAsync(row.Entity, cabinet)).Eligible));
        }
    }

    [Fact]
    [Trait("Defect", "15")]
    public async Task A_date_is_eligible_until_90_days_have_passed_to_the_microsecond()
    {
        var cabinet = await database.AddCabinetAsync();
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        foreach (var (entity, insert) in Dated)
        {
            var expired = (long)(await main.RunAsync(insert, cabinet, 1L, "2026-08-24 09:00:00+00"))!;
            var undated = (long)(await main.RunAsync(insert, cabinet, 2L, null))!;
            var last = (long)(await main.RunAsync(insert, cabinet, 3L, "2026-08-24 09:00:00.000001+00"))!;
            var batch = await main.ByIdsAsync(entity, cabinet, expired, undated, last);
            Assert.Equal([last], batch.Eligible.Ids());
            Assert.Equal([new IneligibleRow(expired, 1), new IneligibleRow(undated, 2)], batch.Ineligible);
            Assert.Equal((long[])[last], (await main.ByRangeAsync(entity, cabinet)).Eligible.Ids());
            Assert.Equal([last], await main.EligibleIdsAsync(entity, cabinet));
            Assert.Equal(SourceReading.AsOf.AddMicroseconds(1), EligiblePeriod.EndOf(batch.Eligible[0].BusinessDate));
        }
    }

    [Fact]
    public async Task Stock_is_eligible_above_zero_and_a_product_while_active()
    {
        var cabinet = await database.AddCabinetAsync();
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        const string InsertStock = "INSERT INTO wb_stocks (cabinet_id, nm_id, quantity) VALUES ($1, 1, $2::int) RETURNING id";
        const string InsertProduct = "INSERT INTO wb_products (cabinet_id, nm_id, is_active) VALUES ($1, $2, $3) RETURNING id";
        var stocks = new[] { await main.RunAsync(InsertStock, cabinet, 0), await main.RunAsync(InsertStock, cabinet, null), await main.RunAsync(InsertStock, cabinet, -1), await main.RunAsync(InsertStock, cabinet, 1) }.Cast<long>().ToArray();
        var products = new[] { await main.RunAsync(InsertProduct, cabinet, 1L, false), await main.RunAsync(InsertProduct, cabinet, 2L, true) }.Cast<long>().ToArray();

        var batch = await main.ByIdsAsync(Entity.Stocks, cabinet, stocks);
        Assert.Equal((stocks[3], 3), (Assert.Single(batch.Eligible).Id, batch.Ineligible.Count));
        Assert.Equal([stocks[3]], await main.EligibleIdsAsync(Entity.Stocks, cabinet));
        batch = await main.ByIdsAsync(Entity.Products, cabinet, products);
        Assert.Equal((products[1], products[0]), (Assert.Single(batch.Eligible).Id, Assert.Single(batch.Ineligible).Id));
        Assert.Equal((long[])[products[1]], (await main.ByRangeAsync(Entity.Products, cabinet)).Eligible.Ids());
    }

    [Fact]
    public async Task Another_cabinets_row_is_not_there()
    {
        var (mine, other) = (await database.AddCabinetAsync(), await database.AddCabinetAsync());
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        var order = (long)(await main.RunAsync(InsertOrder, other, 5L, "2026-11-20"))!;
        var batch = await main.ByIdsAsync(Entity.Orders, mine, order);
        Assert.Empty(batch.Eligible);
        Assert.Empty(batch.Ineligible);
        Assert.Empty((await main.ByRangeAsync(Entity.Orders, mine)).Eligible);
        Assert.Empty(await main.EligibleIdsAsync(Entity.Orders, mine));
    }

    [Fact]
    [Trait("Guarantee", "any-value")]
    [Trait("Defect", "14")]
    public async Task The_catalogue_name_comes_from_the_own_card_active_or_not()
    {
        var (mine, other) = (await database.AddCabinetAsync(), await database.AddCabinetAsync());
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync("INSERT INTO wb_products (cabinet_id, nm_id, name, is_active) VALUES ($1, 1, 'retired', false), ($1, 2, NULL, true), ($2, 3, 'foreign', true)", mine, other);
        var ids = new List<long>();
        for (var nmId = 1L; nmId <= 3; nmId++)
        {
            ids.Add((long)(await main.RunAsync(InsertOrder, mine, nmId, "2026-11-20"))!);
        }

        var byIds = (await main.ByIdsAsync(Entity.Orders, mine, [.. ids])).Eligible;
        Assert.Equal(["retired", null, null], byIds.Cast<OrderRow>().Select(row => row.CatalogueName));
        Assert.Equal(byIds, (await main.ByRangeAsync(Entity.Orders, mine)).Eligible);

        await main.RunAsync("INSERT INTO wb_stocks (cabinet_id, nm_id, size, quantity) SELECT $1, n, n, 1 FROM generate_series(1, 3) AS n", mine);
        await main.RunAsync("INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, created_date) SELECT $1, n, n, '2026-11-20' FROM generate_series(1, 3) AS n", mine);
        await main.RunAsync("INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type, sale_date) SELECT $1, n, n, 'buyout', '2026-11-20' FROM generate_series(1, 3) AS n", mine);
        foreach (var entity in EntityNames.All.Except([Entity.Products]))
        {
            var rows = (await main.ByRangeAsync(entity, mine)).Eligible;
            Assert.Equal(["retired", null, null], rows.Select(NameOf));
            Assert.Equal(rows, (await main.ByIdsAsync(entity, mine, rows.Ids())).Eligible);
        }
    }

    [Fact]
    public async Task Ids_may_be_in_any_order_and_named_twice()
    {
        var cabinet = await database.AddCabinetAsync();
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        var first = (long)(await main.RunAsync(InsertOrder, cabinet, 1L, "2026-11-20"))!;
        var second = (long)(await main.RunAsync(InsertOrder, cabinet, 1L, "2026-11-20"))!;
        Assert.Equal((long[])[first, second], (await main.ByIdsAsync(Entity.Orders, cabinet, second, first, second, -5, long.MaxValue)).Eligible.Ids());
        Assert.Empty((await main.ByIdsAsync(Entity.Orders, cabinet)).Eligible);
    }

    [Fact]
    public async Task A_range_is_half_open_and_its_limit_counts_eligible_rows()
    {
        var cabinet = await database.AddCabinetAsync();
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync(
            """
            INSERT INTO wb_orders (id, cabinet_id, nm_id, order_date)
            SELECT id, $1, 1, CASE WHEN id % 10 = 5 THEN '2020-01-01' ELSE '2026-11-20' END::timestamptz
            FROM unnest(ARRAY[9223372036854775801, 9223372036854775803, 9223372036854775805, 9223372036854775806, 9223372036854775807]) AS id
            """, cabinet);
        const long Max = long.MaxValue;
        Assert.Equal((long[])[Max - 6, Max - 4, Max - 1, Max], (await main.ByRangeAsync(Entity.Orders, cabinet)).Eligible.Ids());
        Assert.Equal((long[])[Max - 4, Max - 1], (await main.ByRangeAsync(Entity.Orders, cabinet, from: Max - 4, to: Max)).Eligible.Ids());
        Assert.Equal((long[])[Max - 4, Max - 1], (await main.ByRangeAsync(Entity.Orders, cabinet, from: Max - 5, limit: 2)).Eligible.Ids());
        Assert.Empty((await main.ByRangeAsync(Entity.Orders, cabinet, to: Max - 6)).Eligible);
        Assert.Empty((await main.ByRangeAsync(Entity.Orders, cabinet, to: long.MinValue)).Eligible);
        Assert.Equal([Max - 6, Max - 4, Max - 1, Max], await main.EligibleIdsAsync(Entity.Orders, cabinet));
        var batch = await main.ByIdsAsync(Entity.Orders, cabinet, Max, Max - 2);
        Assert.Equal((Max, Max - 2), (batch.Eligible.Single().Id, batch.Ineligible.Single().Id));
    }

    [Theory]
    [Trait("Guarantee", "any-value")]
    [InlineData("infinity", true, false)]
    [InlineData("294276-12-31 23:59:59+00", true, false)]
    [InlineData("9999-12-31 00:00:00+00", true, false)]
    [InlineData("9999-12-30 23:59:59+00", true, true)]
    [InlineData("0044-03-15 12:00:00+00 BC", false, false)]
    [InlineData("4713-01-01 00:00:00+00 BC", false, false)]
    [InlineData("-infinity", false, false)]
    public async Task A_date_beyond_the_calendar_decides_eligibility_but_has_no_value(string date, bool eligible, bool readable)
    {
        var cabinet = await database.AddCabinetAsync();
        await using var main = await database.Source.OpenConnectionAsync(Stop);
        foreach (var (entity, insert) in Dated)
        {
            var id = (long)(await main.RunAsync(insert, cabinet, 1L, date))!;
            var batch = await main.ByIdsAsync(entity, cabinet, id);
            Assert.Equal(eligible ? [id] : [], batch.Eligible.Ids());
            Assert.Equal(eligible ? [] : [id], batch.Ineligible.Ids());
            Assert.Equal(batch.Eligible, (await main.ByRangeAsync(entity, cabinet)).Eligible);
            Assert.All(batch.Eligible, row => Assert.Equal(readable, row.BusinessDate is not null));
            Assert.All(batch.Eligible, row => Assert.Null(EligiblePeriod.EndOf(row.BusinessDate)));
        }
    }

    private static string? NameOf(SourceRow row) => row switch
    {
        OrderRow order => order.CatalogueName,
        StockRow stock => stock.CatalogueName,
        ReviewRow review => review.CatalogueName,
        SaleRow sale => sale.CatalogueName,
        _ => throw new ArgumentOutOfRangeException(nameof(row)),
    };
}
