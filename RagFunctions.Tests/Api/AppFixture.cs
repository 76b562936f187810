using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>The whole app on the local host, chaos on, over a database with two active cabinets and an inactive one.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    public const string OperatorKey = RunningApp.OperatorKey;
    public const string NextOperatorKey = "operator-key-number-2";
    public const string LimitedKey = "key-of-the-first-cabinet";

    // Opens nothing but the first.
    public const string SingleKey = "key-of-one-cabinet-alone";

    private const string Seed = """
        INSERT INTO wb_cabinets (id, api_key, name, is_active) VALUES (1, 'a', 'first', true), (2, 'b', 'second', true), (3, 'c', 'third', false);
        INSERT INTO wb_products (cabinet_id, nm_id, name, brand, price) SELECT c, 100000 + n, 'Кружка ' || n, 'Бренд', 100 + n FROM unnest(ARRAY[1, 2]) AS c, generate_series(1, 5) AS n;
        INSERT INTO wb_orders (cabinet_id, order_id, nm_id, name, price, order_date, status)
            SELECT c, 'o' || n, 100000 + 1 + n % 5, 'Кружка', 100, now() - n * interval '1 hour', 'new' FROM unnest(ARRAY[1, 2]) AS c, generate_series(1, 20) AS n;
        """;

    // Nobody listens there: a test that starts a sync starts no traffic.
    private static readonly string[] Marketplaces = ["Statistics", "Analytics", "Content", "Prices", "Feedbacks", "Common"];

    private const int LooksBetweenSweeps = 50;

    private TestDatabase _database = null!;
    private RunningApp _app = null!;

    public HttpClient Http => _app.Http;

    public string HostKey => _app.Host.Key;

    internal DurableApi Durable => _app.Durable;

    public TestDatabase Database => _database;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.Source.ExecuteAsync(Seed);
        _app = await RunningApp.StartAsync(
            _database,
            [
            ("Api:Keys:1:Key", NextOperatorKey),
            ("Api:Keys:2:Key", LimitedKey),
            ("Api:Keys:2:Cabinets", "1, 77"),
            ("Api:Keys:3:Key", SingleKey),
            ("Api:Keys:3:Cabinets", "1"),
            ("LocalHost:Chaos", "true"),
            .. Marketplaces.Select(host => ($"Marketplace:{host}Url", "http://127.0.0.1:9")),
            ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? key = OperatorKey, HttpContent? content = null, string? correlation = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        // What MCP wants its callers to accept; the other routes answer as they answer.
        request.Headers.Accept.ParseAdd("application/json, text/event-stream, */*");
        if (key is not null)
        {
            request.Headers.Add("X-API-KEY", key);
        }

        if (correlation is not null)
        {
            request.Headers.Add("X-Correlation-ID", correlation);
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Asks and returns the JSON of an answer with the expected status.</summary>
    public async Task<JsonNode> AskAsync(HttpMethod method, string path, int status, HttpContent? content = null, string? key = OperatorKey)
    {
        using var answer = await SendAsync(method, path, key, content);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {body}");
        return JsonNode.Parse(body)!;
    }

    public static HttpContent Json(string body) => new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));

    public static HttpContent ChangedIds(object changed) => JsonContent.Create(new { changed_ids = changed });

    public async Task<long> CountAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The instance has ended and nothing is left to do for the cabinet. What was asked for between the last look of a run and its
    /// end is the sweep's by design, so it is fired meanwhile.
    /// </summary>
    public async Task BecomesIdleAsync(long cabinetId)
    {
        var looks = 0;
        await Condition.BecomesTrueAsync(
            async () =>
            {
                if (++looks % LooksBetweenSweeps == 0)
                {
                    await SweepAsync();
                }

                return await CountAsync($"""
                    SELECT (SELECT count(*) FROM rag_changes WHERE cabinet_id = {cabinetId})
                         + (SELECT count(*) FROM rag_index_status WHERE cabinet_id = {cabinetId} AND (requested_mode IS NOT NULL OR lease_owner IS NOT NULL))
                    """) == 0 && !(await Durable.LiveAsync()).Contains($"index-{cabinetId}");
            },
            $"cabinet {cabinetId} is idle");
    }

    /// <summary>Fires the sweep now.</summary>
    public Task SweepAsync() => Durable.FireAsync("SweepTimer");
}
