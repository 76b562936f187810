using System.Text.Json.Nodes;
using RagFunctions.Core.Chunks;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Cli;

/// <summary>The commands around runs, over the real engine and the offline embedder.</summary>
public sealed class RunCommandsTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task A_cabinet_is_indexed_verified_changed_and_indexed_again()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await ExecuteAsync("INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT $1, i, 'Кружка ' || i FROM generate_series(1, 20) AS i", cabinet);
        await ExecuteAsync(
            "INSERT INTO wb_orders (cabinet_id, order_id, nm_id, order_date) SELECT $1, 'o' || i, i, now() FROM generate_series(1, 20) AS i", cabinet);

        var before = await RagAsync("verify", $"{cabinet}");
        Assert.Equal(1, before.Code);
        Assert.Contains("40 missing", before.Output, StringComparison.Ordinal);
        var estimate = await RagAsync("rebuild", $"{cabinet}", "--dry-run");
        Assert.Equal((0, true), (estimate.Code, estimate.Output.Contains("40 new", StringComparison.Ordinal)));

        var first = await RagAsync("index", $"{cabinet}");
        Assert.True(first.Code == 0, first.Output + first.Errors);
        Assert.Contains("40 new", first.Output, StringComparison.Ordinal);
        Assert.Contains("index and source agree", first.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RagAsync("verify", $"{cabinet}")).Code);

        await ExecuteAsync("UPDATE wb_orders SET status = 'отменён' WHERE cabinet_id = $1 AND order_id = 'o3'", cabinet);
        var changed = await ScalarAsync("SELECT id FROM wb_orders WHERE cabinet_id = $1 AND order_id = 'o3'", cabinet);
        var second = await RagAsync("index", $"{cabinet}", "--ids", $"orders={changed}");
        Assert.True(second.Code == 0, second.Output + second.Errors);
        Assert.Contains("0 new, 1 updated", second.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RagAsync("verify", $"{cabinet}")).Code);

        await ExecuteAsync("DELETE FROM wb_orders WHERE cabinet_id = $1 AND order_id = 'o4'", cabinet);
        Assert.Equal(1, (await RagAsync("verify", $"{cabinet}")).Code);
        var rebuild = await RagAsync("rebuild", $"{cabinet}");
        Assert.True(rebuild.Code == 0, rebuild.Output + rebuild.Errors);
        Assert.Contains("1 deleted", rebuild.Output, StringComparison.Ordinal);

        var status = await RagAsync("status", $"{cabinet}");
        Assert.Equal(0, status.Code);
        Assert.Contains("39 stored, 0 pending", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_cabinet_fails_and_an_unknown_one_s_status_says_never()
    {
        Assert.Equal(1, (await RagAsync("index", "987654")).Code);
        Assert.Contains("never been indexed", (await RagAsync("status", "987654")).Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "10")]
    [Trait("Guarantee", "verified")]
    public async Task Agreement_never_stands_beside_failed_rows()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await ExecuteAsync("INSERT INTO wb_orders (cabinet_id, order_id, nm_id, order_date) SELECT $1, 'o' || i, i, now() FROM generate_series(1, 3) AS i", cabinet);
        Assert.Contains("index and source agree", (await RagAsync("index", $"{cabinet}")).Output, StringComparison.Ordinal);

        await fixture.Source.ExecuteAsync("ALTER TABLE wb_orders ALTER price TYPE numeric");
        await ExecuteAsync("UPDATE wb_orders SET price = 1e40 WHERE cabinet_id = $1 AND order_id = 'o2'", cabinet);
        var rebuild = await RagAsync("rebuild", $"{cabinet}");
        Assert.Equal(1, rebuild.Code);
        Assert.Contains("1 failed rows", rebuild.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("agree", rebuild.Output, StringComparison.Ordinal);
        Assert.Contains("no difference but for the failed rows", rebuild.Output, StringComparison.Ordinal);

        var verify = await RagAsync("verify", $"{cabinet}");
        Assert.Equal(1, verify.Code);
        Assert.DoesNotContain("agree", verify.Output, StringComparison.Ordinal);
        Assert.Contains("1 unreadable rows", verify.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_rebuild_tells_what_a_raised_version_of_texts_costs()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await ExecuteAsync("INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT $1, i, 'Кружка ' || i FROM generate_series(1, 20) AS i", cabinet);
        await ExecuteAsync("INSERT INTO wb_orders (cabinet_id, order_id, nm_id, order_date) SELECT $1, 'o' || i, i, now() FROM generate_series(1, 10) AS i", cabinet);
        Assert.Equal(0, (await RagAsync("index", $"{cabinet}")).Code);
        Assert.Contains("at most 0 texts, about 0 tokens, $0.000000", (await RagAsync("rebuild", $"{cabinet}", "--dry-run")).Output, StringComparison.Ordinal);

        // The version before had other texts for orders and the same for products.
        await ExecuteAsync("UPDATE rag_metadata SET renderer_version = renderer_version - 1 WHERE cabinet_id = $1", cabinet);
        await ExecuteAsync(
            """
            WITH former AS (SELECT id, 'Заказ: ' || chunk_text AS text FROM rag_metadata WHERE cabinet_id = $1 AND source_table = 'wb_orders')
            UPDATE rag_metadata AS m SET chunk_text = text, chunk_hash = encode(sha256(convert_to(text, 'UTF8')), 'hex'),
                embedded_hash = encode(sha256(convert_to(text, 'UTF8')), 'hex')
            FROM former WHERE m.id = former.id
            """,
            cabinet);
        var estimate = await RagAsync("rebuild", "--all", "--dry-run");
        var tokens = await ScalarAsync(
            "SELECT ceil(sum(octet_length(chunk_text) - octet_length('Заказ: ')) / 3.0)::int FROM rag_metadata WHERE cabinet_id = $1 AND source_table = 'wb_orders'", cabinet);

        Assert.Equal(0, estimate.Code);
        Assert.Contains("0 new, 30 changed; would delete 0", estimate.Output, StringComparison.Ordinal);
        Assert.Contains($"30 of the changed were made before version {ChunkRenderer.Version}", estimate.Output, StringComparison.Ordinal);
        Assert.Contains($"would embed    at most 10 texts, about {tokens:N0} tokens, $0.0000", estimate.Output, StringComparison.Ordinal);
        Assert.Matches(@"all \d+ active cabinets:", estimate.Output);
        Assert.Contains("embedded       10 texts", (await RagAsync("rebuild", $"{cabinet}")).Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public async Task The_status_shows_rows_kept_aside_with_their_newest_reasons()
    {
        var cabinet = await fixture.AddCabinetAsync();
        Assert.DoesNotContain("kept aside", (await RagAsync("status", $"{cabinet}")).Output, StringComparison.Ordinal);
        await ExecuteAsync(
            """
            INSERT INTO wb_sync_rejects (cabinet_id, entity, row_key, reason, row, first_seen_at, last_seen_at)
            SELECT $1, 'orders', 'srid-' || i, 'isCancel is missing, ' || i, '{}', now(), '2026-11-22T12:00:00Z'::timestamptz + i * interval '1 hour' FROM generate_series(1, 5) AS i
            UNION ALL SELECT $1, 'cards', E'\x1b[2J' || repeat('7', 64), 'title: is no text', '{}', now(), '2026-11-22T12:00:00Z'
            """,
            cabinet);

        var told = (await RagAsync("status", $"{cabinet}")).Output;
        Assert.Contains("rows of the marketplace that could not be stored: cards 1, orders 5", told, StringComparison.Ordinal);
        Assert.Contains("2026-11-22 17:00:00Z  srid-5: isCancel is missing, 5", told, StringComparison.Ordinal);
        Assert.DoesNotContain("srid-2", told, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", told, StringComparison.Ordinal);

        var aside = JsonNode.Parse((await RagAsync("status", $"{cabinet}", "--json")).Output)!["kept_aside"]!.AsArray();
        Assert.Equal(["cards 1", "orders 5"], aside.Select(of => $"{of!["entity"]} {of["total"]}"));
        Assert.Equal(["srid-5", "srid-4", "srid-3"], aside[1]!["newest"]!.AsArray().Select(one => (string)one!["row_key"]!));
    }

    [Theory]
    [InlineData("index", "0")]
    [InlineData("index", "x")]
    [InlineData("index", "1", "--ids", "orders")]
    [InlineData("index", "1", "--ids", "goods=1")]
    [InlineData("index", "1", "--ids", "orders=1,-2")]
    [InlineData("rebuild")]
    [InlineData("rebuild", "1", "--all")]
    [InlineData("verify")]
    public async Task Wrong_usage_is_told(params string[] arguments) => Assert.Equal(2, (await RagAsync(arguments)).Code);

    private Task<CliRun> RagAsync(params string[] arguments) => CliRun.OfAsync(
        new Dictionary<string, string?>
        {
            ["ConnectionStrings__Main"] = fixture.ConnectionString,
            ["ConnectionStrings__Rag"] = fixture.ConnectionString,
            ["Embeddings__Provider"] = "offline",
        },
        arguments);

    private async Task ExecuteAsync(string sql, long cabinet) => await ScalarAsync(sql, cabinet);

    private async Task<object?> ScalarAsync(string sql, long cabinet)
    {
        await using var command = fixture.Source.CreateCommand(sql);
        command.Parameters.AddWithValue(cabinet);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
