using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.LocalHost;
using RagFunctions.LocalHost.Http;
using RagFunctions.Tests.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>The whole app on the local host, chaos on, over a database with two active cabinets and an inactive one.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    public const string OperatorKey = "operator-key-number-1";
    public const string NextOperatorKey = "operator-key-number-2";
    public const string LimitedKey = "key-of-the-first-cabinet";

    private const string Seed = """
        INSERT INTO wb_cabinets (id, api_key, name, is_active) VALUES (1, 'a', 'first', true), (2, 'b', 'second', true), (3, 'c', 'third', false);
        INSERT INTO wb_products (cabinet_id, nm_id, name, brand, price) SELECT c, 100000 + n, 'Кружка ' || n, 'Бренд', 100 + n FROM unnest(ARRAY[1, 2]) AS c, generate_series(1, 5) AS n;
        INSERT INTO wb_orders (cabinet_id, order_id, nm_id, name, price, order_date, status)
            SELECT c, 'o' || n, 100000 + 1 + n % 5, 'Кружка', 100, now() - n * interval '1 hour', 'new' FROM unnest(ARRAY[1, 2]) AS c, generate_series(1, 20) AS n;
        """;

    private const int LooksBetweenSweeps = 50;

    private TestDatabase _database = null!;
    private WebApplication _app = null!;

    public HttpClient Http { get; private set; } = null!;

    public TestDatabase Database => _database;

    public DurableTaskClient Client => _app.Services.GetRequiredService<DurableTaskClient>();

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.Source.ExecuteAsync(Seed);
        _app = LocalApp.Build(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["ConnectionStrings:Main"] = _database.ConnectionString,
                ["ConnectionStrings:Rag"] = _database.ConnectionString,
                ["Embeddings:Provider"] = "offline",
                ["Api:Keys:0:Key"] = OperatorKey,
                ["Api:Keys:1:Key"] = NextOperatorKey,
                ["Api:Keys:2:Key"] = LimitedKey,
                ["Api:Keys:2:Cabinets"] = "1, 77",
                ["LocalHost:Port"] = "0",
                ["LocalHost:Chaos"] = "true",
                // Tests fire it themselves.
                ["SyncSchedule"] = "0 0 0 1 1 *",
                ["SweepSchedule"] = "0 0 0 1 1 *",
                ["Logging:LogLevel:Default"] = "None",
            }).Build());
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Http = new HttpClient { BaseAddress = new Uri(_app.Services.GetRequiredService<ManagementAddress>().Base) };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? key = OperatorKey, HttpContent? content = null, string? correlation = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
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
                         + (SELECT count(*) FROM local_host.instances WHERE instance_id = 'index-{cabinetId}' AND status IN ('Pending', 'Running'))
                         + (SELECT count(*) FROM rag_index_status WHERE cabinet_id = {cabinetId} AND (requested_mode IS NOT NULL OR lease_owner IS NOT NULL))
                    """) == 0;
            },
            $"cabinet {cabinetId} is idle");
    }

    /// <summary>Fires the sweep now.</summary>
    public async Task SweepAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/functions/SweepTimer");
        request.Headers.Add("x-functions-key", _app.Services.GetRequiredService<ManagementAddress>().Key);
        using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
    }
}
