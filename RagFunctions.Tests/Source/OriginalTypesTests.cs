using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Source;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Source;

/// <summary>Tables as the original system made them and our migrations left them, read by the same statements as ours.</summary>
public sealed class OriginalTypesTests : IAsyncLifetime
{
    private const string InsertPrices = "INSERT INTO wb_orders (cabinet_id, nm_id, order_date, price, total_price) SELECT 1, 1, '2026-11-20', p::float8, 2400.1 FROM unnest($1::text[]) WITH ORDINALITY AS t (p, n) ORDER BY n";

    private TestDatabase _database = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await using var command = _database.Source.CreateCommand(OriginalTables.Create);
        await command.ExecuteNonQueryAsync(Stop);
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, _database.Source, null, Stop);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    [Trait("Guarantee", "any-value")]
    [Trait("Defect", "19")]
    public async Task A_double_becomes_a_decimal_or_unknown_when_no_number()
    {
        await using var main = await _database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync(InsertPrices, (object)new[] { "NaN", "Infinity", "-Infinity", "1271.1", "0.1", null });
        var rows = (await main.ByRangeAsync(Entity.Orders, 1)).Eligible.Cast<OrderRow>().ToList();
        Assert.Equal([null, null, null, 1271.10m, 0.10m, null], rows.Select(row => row.Price));
        Assert.All(rows, row => Assert.Equal(2400.10m, row.TotalPrice));
        Assert.DoesNotContain("оплачено", ChunkRenderer.Render(rows[0]).Chunks[0].Text, StringComparison.Ordinal);
        Assert.Contains("цена для покупателя 1271,10 ₽, цена до скидок 2400,10 ₽", ChunkRenderer.Render(rows[3]).Chunks[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Guarantee", "any-value")]
    [InlineData(Entity.Products, "INSERT INTO wb_products (cabinet_id, nm_id, price, discount_price, rating) SELECT 1, n, v, v, v FROM unnest($1) WITH ORDINALITY AS t (v, n)")]
    [InlineData(Entity.Orders, "INSERT INTO wb_orders (cabinet_id, nm_id, order_date, price, total_price, customer_price, discount_percent, spp_percent) SELECT 1, n, '2026-11-20', v, v, v, v, v FROM unnest($1) WITH ORDINALITY AS t (v, n)")]
    [InlineData(Entity.Sales, "INSERT INTO wb_sales (cabinet_id, nm_id, sale_date, sale_id, type, amount, customer_price, discount_percent, spp_percent) SELECT 1, n, '2026-11-20', n, 'buyout', v, v, v, v FROM unnest($1) WITH ORDINALITY AS t (v, n)")]
    public async Task What_is_no_number_is_unknown_in_every_column(Entity entity, string insert)
    {
        await using var main = await _database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync(insert, (object)new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity });
        var rows = (await main.ByRangeAsync(entity, 1)).Eligible;
        Assert.Equal(3, rows.Count);
        Assert.Equal(rows, (await main.ByIdsAsync(entity, 1, rows.Ids())).Eligible);
        Assert.All(rows, row =>
        {
            var amounts = row.GetType().GetProperties().Where(property => property.PropertyType == typeof(decimal?)).ToList();
            Assert.NotEmpty(amounts);
            Assert.All(amounts, amount => Assert.Null(amount.GetValue(row)));
        });
    }

    [Fact]
    public async Task A_numeric_that_is_no_number_is_unknown()
    {
        await using var main = await _database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync("ALTER TABLE wb_orders ALTER COLUMN price TYPE numeric");
        await main.RunAsync("INSERT INTO wb_orders (cabinet_id, nm_id, order_date, price) VALUES (1, 1, '2026-11-20', 'NaN'), (1, 1, '2026-11-20', 'Infinity'), (1, 1, '2026-11-20', 1.23456789012345678901234567890123)");
        Assert.Equal([null, null, 1.23m], (await main.ByRangeAsync(Entity.Orders, 1)).Eligible.Cast<OrderRow>().Select(row => row.Price));
    }

    [Fact]
    public async Task A_number_beyond_decimal_is_found_by_halving()
    {
        await using var main = await _database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync(InsertPrices, (object)Enumerable.Range(1, 500).Select(i => i == 200 ? "1e300" : "100").ToArray());
        var ids = Enumerable.Range(1, 500).Select(i => (long)i).ToArray();
        List<long> poison = [];
        List<long> read = [];
        await HalveAsync(main, ids, read, poison);
        Assert.Equal([200], poison);
        Assert.Equal(ids.Where(id => id != 200), read);
        await Assert.ThrowsAsync<OverflowException>(() => main.ByRangeAsync(Entity.Orders, 1));
        Assert.Equal(System.Data.ConnectionState.Open, main.State);
        Assert.Equal(300, (await main.ByRangeAsync(Entity.Orders, 1, from: 201)).Eligible.Count);
    }

    [Fact]
    public async Task A_row_that_has_no_chunk_cannot_fail_a_batch()
    {
        await using var main = await _database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync("INSERT INTO wb_orders (cabinet_id, nm_id, order_date, price) VALUES (1, 7, '2020-01-01', 1e300)");
        Assert.Equal([new IneligibleRow(1, 7)], (await main.ByIdsAsync(Entity.Orders, 1, 1)).Ineligible);
    }

    [Fact]
    [Trait("Defect", "21")]
    public async Task Ids_and_articles_beyond_int4_are_simply_not_there()
    {
        await using var main = await _database.Source.OpenConnectionAsync(Stop);
        await main.RunAsync(InsertPrices, (object)new[] { "1" });
        var batch = await main.ByIdsAsync(Entity.Orders, 1, 1, 2147483648, long.MaxValue, long.MinValue);
        Assert.Equal([1], batch.Eligible.Ids());
        Assert.Empty((await main.ByIdsAsync(Entity.Orders, 4294967297, 1)).Eligible);
        Assert.Equal((long[])[1], (await main.ByRangeAsync(Entity.Orders, 1, from: -5_000_000_000, to: 5_000_000_000)).Eligible.Ids());
    }

    private static async Task HalveAsync(NpgsqlConnection main, long[] ids, List<long> read, List<long> poison)
    {
        try
        {
            read.AddRange((await main.ByIdsAsync(Entity.Orders, 1, ids)).Eligible.Ids());
        }
        catch (OverflowException) when (ids.Length == 1)
        {
            poison.Add(ids[0]);
        }
        catch (OverflowException)
        {
            await HalveAsync(main, ids[..(ids.Length / 2)], read, poison);
            await HalveAsync(main, ids[(ids.Length / 2)..], read, poison);
        }
    }
}
