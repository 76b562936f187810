using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Marketplace;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Core.Migrations.Main;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Cabinets;

public sealed class CabinetStoreTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private const string OtherKey = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

    private readonly ServiceProvider _services = StubbedServices.Build(database, "http://127.0.0.1:1", TimeProvider.System);
    private readonly string _token = TestTokens.Of(Guid.NewGuid().ToString());

    private CabinetStore Store => _services.GetRequiredService<CabinetStore>();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Encrypting concerns every cabinet: a test may not find another's.
    public async ValueTask InitializeAsync() => await ExecuteAsync("DELETE FROM wb_cabinets");

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public void A_pasted_token_loses_what_stood_around_it()
    {
        Assert.Equal(_token, CabinetStore.Clean($" Bearer {_token}\r\n"));
        Assert.Contains("empty", Refused("bearer "), StringComparison.Ordinal);
        Assert.Contains("has 3145728 characters", Refused(new string('a', 3 * 1024 * 1024)), StringComparison.Ordinal);
        Assert.Contains("not one word", Refused("two words"), StringComparison.Ordinal);
        Assert.Contains("not one word", Refused("a\u001b[31mb"), StringComparison.Ordinal);

        static string Refused(string token)
        {
            var message = Assert.Throws<CabinetException>(() => CabinetStore.Clean(token)).Message;
            Assert.InRange(message.Length, 1, 200);
            return message;
        }
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    [Trait("Defect", "57")]
    [Trait("Defect", "94")]
    public async Task A_token_is_stored_encrypted_only_and_opens_again()
    {
        var id = await Store.AddAsync(_token + "\n", "Норд", seller: null, Ct);

        var row = await RowAsync(id);
        Assert.Equal("-", row.Plain);
        Assert.StartsWith("v1.1.", row.Cipher, StringComparison.Ordinal);
        Assert.DoesNotContain(_token, row.Cipher + row.Fingerprint, StringComparison.Ordinal);
        Assert.Equal(_token, (await Store.OpenAsync(id, Ct))!.Access!.Token);
    }

    [Fact]
    [Trait("Fault", "22")]
    public async Task An_id_that_is_taken_is_told_as_what_it_is()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await ExecuteAsync($"SELECT setval(pg_get_serial_sequence('wb_cabinets', 'id'), {id - 1}, {(id > 1 ? "true" : "false")})".Replace($"{id - 1}, false", "1, false", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<CabinetException>(() => Store.AddAsync(TestTokens.Of(Guid.NewGuid().ToString()), null, seller: null, Ct));
        Assert.Contains($"wb_cabinets.id gave {id}, which is taken", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "22")]
    public async Task Another_constraint_that_refuses_a_cabinet_is_named()
    {
        await ExecuteAsync("CREATE UNIQUE INDEX one_name ON wb_cabinets (name)");
        await Store.AddAsync(_token, "Норд", seller: null, Ct);
        var refused = await Assert.ThrowsAsync<CabinetException>(() => Store.AddAsync(TestTokens.Of(Guid.NewGuid().ToString()), "Норд", seller: null, Ct));
        await ExecuteAsync("DROP INDEX one_name");
        Assert.Contains("another cabinet has the same (one_name)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task One_token_belongs_to_one_cabinet_whether_stored_encrypted_or_plain()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        Assert.Contains($"cabinet {id}", (await Assert.ThrowsAsync<CabinetException>(() => Store.AddAsync(_token, null, seller: null, Ct))).Message, StringComparison.Ordinal);

        var plain = TestTokens.Of(Guid.NewGuid().ToString());
        await ExecuteAsync($"INSERT INTO wb_cabinets (api_key, is_active) VALUES ('{plain}', true)");
        await Assert.ThrowsAsync<CabinetException>(() => Store.AddAsync(plain, null, seller: null, Ct));
        await Assert.ThrowsAsync<CabinetException>(() => Store.ReplaceTokenAsync(id, plain, seller: null, ofOtherSeller: false, Ct));
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task The_originals_plain_token_is_read_and_blanked_only_by_encrypting()
    {
        await ExecuteAsync($"INSERT INTO wb_cabinets (api_key, is_active) VALUES ('{_token}', true)");
        var id = Assert.Single(await Store.ListAsync(Ct)).Id;
        Assert.Equal(_token, (await Store.OpenAsync(id, Ct))!.Access!.Token);
        Assert.Equal(_token, (await RowAsync(id)).Plain);

        Assert.Equal(1, await Store.EncryptAsync(Ct));
        Assert.Equal("-", (await RowAsync(id)).Plain);
        Assert.Equal(_token, (await Store.OpenAsync(id, Ct))!.Access!.Token);
        Assert.Equal(0, await Store.EncryptAsync(Ct));
    }

    [Fact]
    public async Task Keys_can_be_changed_and_the_token_stays_recognised()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await using var rotated = StubbedServices.Build(database, "http://127.0.0.1:1", TimeProvider.System, new Dictionary<string, string?>
        {
            ["Marketplace:TokenKey"] = $"2:{OtherKey},1:{StubbedServices.TokenKey}",
        });
        var store = rotated.GetRequiredService<CabinetStore>();
        Assert.Equal(_token, (await store.OpenAsync(id, Ct))!.Access!.Token);
        await Assert.ThrowsAsync<CabinetException>(() => store.AddAsync(_token, null, seller: null, Ct));

        Assert.Equal(1, await store.EncryptAsync(Ct));
        Assert.StartsWith("v1.2.", (await RowAsync(id)).Cipher, StringComparison.Ordinal);
        var unreadable = (await Store.OpenAsync(id, Ct))!;
        Assert.Null(unreadable.Access);
        Assert.Contains("key '2'", unreadable.Problem, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task A_stored_token_does_not_open_for_another_cabinet()
    {
        var first = await Store.AddAsync(_token, null, seller: null, Ct);
        var second = await Store.AddAsync(TestTokens.Of(Guid.NewGuid().ToString()), null, seller: null, Ct);
        await ExecuteAsync($"UPDATE wb_cabinets SET api_key_cipher = (SELECT api_key_cipher FROM wb_cabinets WHERE id = {first}) WHERE id = {second}");

        Assert.Null((await Store.OpenAsync(second, Ct))!.Access);
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    [Trait("Defect", "58")]
    public async Task Removing_purges_and_deactivating_hides()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await ExecuteAsync($"INSERT INTO wb_orders (cabinet_id, nm_id, srid) VALUES ({id}, 7, 'a'); INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES ({id}, 'wb_orders', 1)");
        await Store.DeactivateAsync(id, Ct);
        Assert.False((await Store.OpenAsync(id, Ct))!.IsActive);
        Assert.Equal(1L, await CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}"));

        await ChangeCapture.InstallAsync(database.Source, Ct);
        Assert.True(await Store.TryRemoveAsync(id, null, Ct));
        await ChangeCapture.RemoveAsync(database.Source, Ct);
        Assert.Equal(0L, await CountAsync($"SELECT (SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}) + (SELECT count(*) FROM rag_changes WHERE cabinet_id = {id})"));
        Assert.False(await Store.TryRemoveAsync(id, null, Ct));
        await Assert.ThrowsAsync<CabinetException>(() => Store.DeactivateAsync(id, Ct));
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "bounded")]
    public async Task Source_rows_are_removed_a_few_at_a_time()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await AddOrdersAsync(id, 7);
        var told = new Told();
        Assert.True(await StoreOf(batchRows: 3).TryRemoveAsync(id, told, Ct));
        Assert.Equal([3, 6, 7], told.Reports.Where(rows => rows > 0).Distinct());
        Assert.Equal(0L, await CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}"));
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "bounded")]
    public async Task Source_rows_go_five_thousand_at_a_time()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await AddOrdersAsync(id, 5_001);
        var told = new Told();
        Assert.True(await Store.TryRemoveAsync(id, told, Ct));
        Assert.Equal([5_000, 5_001], told.Reports.Where(rows => rows > 0).Distinct());
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "killed")]
    public async Task A_removal_that_was_interrupted_is_gone_on_with()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await AddOrdersAsync(id, 7);
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StoreOf(batchRows: 3).TryRemoveAsync(id, new Told(killed), killed.Token));
        Assert.False((await Store.OpenAsync(id, Ct))!.IsActive);
        Assert.Equal(4L, await CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}"));
        Assert.True(await Store.TryRemoveAsync(id, null, Ct));
        Assert.Equal(0L, await CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}"));
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_of_another_seller_is_refused_unless_that_is_told(bool isOriginal)
    {
        var seller = Guid.NewGuid().ToString();
        var (token, other) = (TestTokens.Of(seller), TestTokens.Of(Guid.NewGuid().ToString()));
        var id = await Store.AddAsync(token, null, seller: null, Ct);
        if (isOriginal)
        {
            // The original stored no seller: the token that is there says whose rows they are.
            await ExecuteAsync($"UPDATE wb_cabinets SET seller_id = NULL WHERE id = {id}");
        }

        await AddOrdersAsync(id, 2);
        var refused = await Assert.ThrowsAsync<CabinetException>(() => Store.ReplaceTokenAsync(id, other, seller: null, ofOtherSeller: false, Ct));
        Assert.Contains("--other-seller", refused.Message, StringComparison.Ordinal);
        Assert.Equal(token, (await Store.OpenAsync(id, Ct))!.Access!.Token);
        Assert.Equal(2L, await CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}"));

        var renewed = TestTokens.Of(seller);
        await Store.ReplaceTokenAsync(id, renewed, seller: null, ofOtherSeller: false, Ct);
        Assert.Equal(renewed, (await Store.OpenAsync(id, Ct))!.Access!.Token);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_seller_who_is_there_is_no_second_cabinet()
    {
        var (seller, neighbour) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        var first = await Store.AddAsync(TestTokens.Of(seller), null, seller: null, Ct);
        var second = await Store.AddAsync(TestTokens.Of(neighbour), null, seller: null, Ct);

        var added = await Assert.ThrowsAsync<CabinetException>(() => Store.AddAsync(TestTokens.Of(seller), null, seller: null, Ct));
        Assert.Contains($"this seller is cabinet {first} already", added.Message, StringComparison.Ordinal);
        var replaced = await Assert.ThrowsAsync<CabinetException>(
            () => Store.ReplaceTokenAsync(second, TestTokens.Of(seller), seller: null, ofOtherSeller: true, Ct));
        Assert.Contains($"of the seller of cabinet {first}", replaced.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "bounded")]
    public async Task Rows_of_a_former_seller_go_a_few_at_a_time()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await AddOrdersAsync(id, 7);
        await ExecuteAsync($"""
            INSERT INTO wb_sync_cursors (cabinet_id, entity, state) VALUES ({id}, 'orders', '{"{}"}');
            CREATE FUNCTION few() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF (SELECT count(*) FROM gone) > 3 THEN RAISE ''too many''; END IF; RETURN NULL; END';
            CREATE TRIGGER few AFTER DELETE ON wb_orders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION few()
            """);
        var other = TestTokens.Of(Guid.NewGuid().ToString());
        await StoreOf(batchRows: 3).ReplaceTokenAsync(id, other, seller: null, ofOtherSeller: true, Ct);
        await ExecuteAsync("DROP FUNCTION few CASCADE");
        Assert.Equal(0L, await CountAsync($"SELECT (SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}) + (SELECT count(*) FROM wb_sync_cursors WHERE cabinet_id = {id})"));
        Assert.Equal(other, (await Store.OpenAsync(id, Ct))!.Access!.Token);
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "killed")]
    public async Task A_change_of_seller_that_breaks_off_is_gone_on_with()
    {
        var id = await Store.AddAsync(_token, null, seller: null, Ct);
        await AddOrdersAsync(id, 7);
        await ExecuteAsync($"""
            INSERT INTO wb_sync_cursors (cabinet_id, entity, state) VALUES ({id}, 'orders', '{"{}"}');
            CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''it stays''; END';
            CREATE TRIGGER stays BEFORE DELETE ON wb_orders FOR EACH ROW WHEN (OLD.srid = 's7') EXECUTE FUNCTION stays()
            """);
        var other = TestTokens.Of(Guid.NewGuid().ToString());
        await Assert.ThrowsAsync<PostgresException>(() => ChangeAsync());
        await ExecuteAsync("DROP FUNCTION stays CASCADE");

        // With the token it has, it would read everything again.
        Assert.Equal(_token, (await Store.OpenAsync(id, Ct))!.Access!.Token);
        Assert.Equal(0L, await CountAsync($"SELECT count(*) FROM wb_sync_cursors WHERE cabinet_id = {id}"));
        await ChangeAsync();
        Assert.Equal(0L, await CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {id}"));
        Assert.Equal(other, (await Store.OpenAsync(id, Ct))!.Access!.Token);

        Task ChangeAsync() => StoreOf(batchRows: 3).ReplaceTokenAsync(id, other, seller: null, ofOtherSeller: true, Ct);
    }

    [Fact]
    public async Task Without_a_key_no_token_is_taken_and_the_setting_is_named()
    {
        await using var keyless = StubbedServices.Build(
            database, "http://127.0.0.1:1", TimeProvider.System, new Dictionary<string, string?> { ["Marketplace:TokenKey"] = null });

        var error = await Assert.ThrowsAsync<CabinetException>(() => keyless.GetRequiredService<CabinetStore>().AddAsync(_token, null, seller: null, Ct));
        Assert.Contains("Marketplace:TokenKey", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Defect", "106")]
    [InlineData("Marketplace:OrdersUrl", "x", null)]
    [InlineData("Marketplace:StatisticsUrl", "http://example.com", "Marketplace:StatisticsUrl")]
    [InlineData("Marketplace:StatisticsUrl", "https://user:pass@example.com", "Marketplace:StatisticsUrl")]
    [InlineData("Marketplace:ContentUrl", "nonsense", "Marketplace:ContentUrl")]
    [InlineData("Marketplace:TokenKey", "c2hvcnQ=", "Marketplace:TokenKey")]
    [InlineData("Marketplace:TokenKey", $"new:{OtherKey},old:?", "Marketplace:TokenKey cannot be used: key 2")]
    [InlineData("Marketplace:TokenKey", $"new:{OtherKey},new:{StubbedServices.TokenKey}", "two keys are named 'new'")]
    [InlineData("Marketplace:TokenKey", $"a.b:{OtherKey}", "the name of key 1")]
    [InlineData("Marketplace:Retries", "99", "Marketplace:Retries")]
    public async Task A_wrong_setting_is_named(string name, string value, string? named)
    {
        await using var services = StubbedServices.Build(
            database, "http://127.0.0.1:1", TimeProvider.System, new Dictionary<string, string?> { [name] = value });
        var options = services.GetRequiredService<IOptions<MarketplaceOptions>>();

        var error = Record.Exception(() => options.Value);

        Assert.Equal(named is null, error is null);
        Assert.Contains(named ?? "", error?.Message ?? "", StringComparison.Ordinal);
    }

    private CabinetStore StoreOf(int batchRows) =>
        new(database.Main, _services.GetRequiredService<TokenCipher>(), _services.GetRequiredService<IOptions<MarketplaceOptions>>()) { BatchRows = batchRows };

    private Task AddOrdersAsync(long cabinet, int count) =>
        ExecuteAsync($"INSERT INTO wb_orders (cabinet_id, nm_id, srid) SELECT {cabinet}, n, 's' || n FROM generate_series(1, {count}) AS n");

    private async Task<(string Plain, string Cipher, string Fingerprint)> RowAsync(long id)
    {
        await using var command = database.Source.CreateCommand(
            $"SELECT COALESCE(api_key, '-'), COALESCE(api_key_cipher, '-'), COALESCE(api_key_fingerprint, '-') FROM wb_cabinets WHERE id = {id}");
        await using var reader = await command.ExecuteReaderAsync(Ct);
        Assert.True(await reader.ReadAsync(Ct));
        return (reader.GetString(0), reader.GetString(1), reader.GetString(2));
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    private sealed class Told(CancellationTokenSource? stop = null) : IProgress<long>
    {
        public List<long> Reports { get; } = [];

        public void Report(long value)
        {
            Reports.Add(value);
            if (value > 0)
            {
                stop?.Cancel();
            }
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
