using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Telemetry;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Marketplace;
using RagFunctions.Tests.Marketplace.Sync;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Telemetry;

/// <summary>What the operator is told of, made to happen, and what is close to it and no reason to tell anybody.</summary>
internal static class AlertConditions
{
    /// <summary>Failed chunks from which the rule of these tests tells.</summary>
    public const int FailedChunks = 2;

    /// <summary>By the name of the rule.</summary>
    public static IReadOnlyDictionary<string, Func<MonitorIngestion, Task>> Provoked { get; } = new Dictionary<string, Func<MonitorIngestion, Task>>
    {
        ["lag"] = ingestion => InSceneAsync(ingestion, scene => QueuedForAsync(scene, "31 minutes")),
        ["failed-chunks"] = ingestion => InSceneAsync(ingestion, scene => RefusedTextsAsync(scene, FailedChunks + 1)),
        ["no-rebuild"] = ingestion => InSceneAsync(ingestion, scene => RebuiltBeforeAsync(scene, "8 days 1 minute")),
        ["blocked"] = ingestion => InSceneAsync(ingestion, BlockedAsync),
        ["failed"] = ingestion => InSceneAsync(ingestion, FailedAsync),
        ["budget"] = ingestion => InSceneAsync(ingestion, scene => SpentAsync(scene, 1.0m)),
        ["differences"] = ingestion => InSceneAsync(ingestion, AddedUnannouncedAsync),
        ["throttled"] = ingestion => InSceneAsync(ingestion, scene => ThrottledAsync(scene, refusals: 4), ("Embeddings:MaxInputsPerRequest", "1")),
        ["token-rejected"] = ingestion => InShopAsync(ingestion, shop => shop.Answer(SyncWorld.Orders, "{}", 401), SyncEntity.Orders),
        ["sync-failed"] = ingestion => InShopAsync(
            ingestion, shop => shop.Answer(SyncWorld.Orders, "{}").Answer(SyncWorld.Sales, "{}"), SyncEntity.Orders, SyncEntity.Sales),
        ["marketplace-waits"] = ingestion => InShopAsync(ingestion, shop => LimitedFor(shop, "25200"), SyncEntity.Orders),
        ["failures"] = ingestion => InAppAsync(ingestion, breaksDatabase: true),
        ["wrong-keys"] = ingestion => InAppAsync(ingestion, breaksDatabase: false, wrongKeys: 20),
        ["silence"] = ingestion => InSceneAsync(ingestion, SilentAsync),
    };

    /// <summary>By what happens.</summary>
    public static IReadOnlyDictionary<string, Func<MonitorIngestion, Task>> Harmless { get; } = new Dictionary<string, Func<MonitorIngestion, Task>>
    {
        ["a change that waits 29 minutes"] = ingestion => InSceneAsync(ingestion, scene => QueuedForAsync(scene, "29 minutes")),
        ["as many failed chunks as are allowed"] = ingestion => InSceneAsync(ingestion, scene => RefusedTextsAsync(scene, FailedChunks)),
        ["a budget that is nearly spent"] = ingestion => InSceneAsync(ingestion, scene => SpentAsync(scene, 0.99m)),
        ["a rebuild of this week"] = ingestion => InSceneAsync(ingestion, scene => RebuiltBeforeAsync(scene, "7 days 23 hours")),
        ["a request refused now and then"] = ingestion => InSceneAsync(ingestion, scene => ThrottledAsync(scene, refusals: 1), ("Embeddings:MaxInputsPerRequest", "1")),
        ["traces that are not sampled"] = ingestion => InSceneAsync(ingestion, scene => RebuiltBeforeAsync(scene, "1 hour"), ("Telemetry:SamplingRatio", "0")),
        ["a sync that fails once"] = ingestion => InShopAsync(
            ingestion, shop => shop.Answer(SyncWorld.Orders, "{}").Answer(SyncWorld.Sales, "[]"), SyncEntity.Orders, SyncEntity.Sales),
        ["a limit of some hours"] = ingestion => InShopAsync(ingestion, shop => LimitedFor(shop, "18000"), SyncEntity.Orders),
        ["a caller with a former key"] = ingestion => InAppAsync(ingestion, breaksDatabase: false, wrongKeys: 5),
        ["callers without a key"] = ingestion => InAppAsync(ingestion, breaksDatabase: false),
    };

    private static async Task InSceneAsync(
        MonitorIngestion ingestion, Func<TelemetryScene, Task> happen, params (string Name, string Value)[] settings)
    {
        var all = TelemetryScene.To(ingestion);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        await using var scene = await TelemetryScene.StartAsync(all);
        await happen(scene);
        scene.Flush();
    }

    private static async Task InShopAsync(MonitorIngestion ingestion, Action<StubMarketplace> happen, params SyncEntity[] entities)
    {
        await using var shop = await StubMarketplace.StartAsync();
        happen(shop);
        await InSceneAsync(
            ingestion,
            async scene =>
            {
                await scene.SyncAsync(entities);
                await scene.LookAsync();
            },
            ("Marketplace:StatisticsUrl", shop.Url));
    }

    private static void LimitedFor(StubMarketplace shop, string seconds) =>
        shop.Answer(SyncWorld.Orders, "{}", 429, ("X-Ratelimit-Retry", seconds), ("X-Ratelimit-Limit", "1"));

    private static async Task QueuedForAsync(TelemetryScene scene, string age)
    {
        await scene.AddProductsAsync(1, 1);
        await scene.RunAsync();
        await scene.AddProductsAsync(2, 2);
        await scene.Database.Source.ExecuteAsync($"UPDATE rag_changes SET first_changed_at = clock_timestamp() - interval '{age}'");
        await scene.LookAsync();
    }

    private static async Task RefusedTextsAsync(TelemetryScene scene, int count)
    {
        scene.Provider.Behaviour = request => request.Inputs.Any(text => text.Contains(TelemetryScene.Text, StringComparison.Ordinal))
            ? FakeAnswer.Error(400, "invalid_request", $"not fit: {TelemetryScene.Text}")
            : null;
        await scene.AddProductsAsync(1, count);
        await scene.AddProductsAsync(100, 105, "Good cup");
        Assert.Equal(RunOutcome.CompletedWithErrors, (await scene.RunAsync()).Outcome);
        await scene.LookAsync();
    }

    private static async Task RebuiltBeforeAsync(TelemetryScene scene, string age)
    {
        await scene.AddProductsAsync(1, 1);
        await scene.RunAsync();
        await scene.Database.Source.ExecuteAsync($"UPDATE rag_index_status SET full_completed_at = clock_timestamp() - interval '{age}'");
        await scene.LookAsync();
    }

    private static async Task BlockedAsync(TelemetryScene scene)
    {
        await scene.AddProductsAsync(1, 120);
        await scene.RunAsync();
        await scene.Database.Source.ExecuteAsync("DELETE FROM wb_products WHERE nm_id > 1010");
        Assert.Equal(RunOutcome.Blocked, (await scene.RebuildAsync()).Outcome);
        await scene.LookAsync();
    }

    private static async Task FailedAsync(TelemetryScene scene)
    {
        scene.Provider.Behaviour = _ => FakeAnswer.Error(401, "invalid_api_key", $"Incorrect API key provided: {TelemetryScene.ApiKey}");
        await scene.AddProductsAsync(1, 1);
        Assert.Equal(RunOutcome.Failed, (await scene.RunAsync()).Outcome);
        await scene.LookAsync();
    }

    private static async Task SpentAsync(TelemetryScene scene, decimal share)
    {
        await scene.AddProductsAsync(1, 1);
        await scene.RunAsync();
        await scene.Database.Source.ExecuteAsync(FormattableString.Invariant($"""
            INSERT INTO rag_budgets (cabinet_id, daily_usd) VALUES (1, 10);
            UPDATE rag_spend SET usd = 10 * {share};
            """));
        await scene.LookAsync();
    }

    // After the rows were read and before the end of the run: nobody queues it.
    private static async Task AddedUnannouncedAsync(TelemetryScene scene)
    {
        scene.Provider.BeforeAnswer = _ => scene.Database.Source.ExecuteAsync(
            "INSERT INTO wb_products (cabinet_id, nm_id, name, is_active) SELECT cabinet_id, 2, name, is_active FROM wb_products ON CONFLICT DO NOTHING");
        await scene.AddProductsAsync(1, 1);
        await scene.RunAsync();
        await scene.LookAsync();
    }

    private static async Task ThrottledAsync(TelemetryScene scene, int refusals)
    {
        await scene.AddProductsAsync(1, 10);
        await scene.RunAsync();
        scene.Provider.Behaviour = _ => FakeAnswer.TooManyRequests(300);
        for (var i = 0; i < refusals; i++)
        {
            await scene.AddProductsAsync(11 + i, 11 + i);
            Assert.Equal(RunOutcome.Waiting, (await scene.RunAsync()).Outcome);
            // Five minutes later.
            await scene.Database.Source.ExecuteAsync("DELETE FROM rag_provider; UPDATE rag_index_status SET embedding_not_before = NULL");
            await scene.Database.Source.ExecuteAsync("DELETE FROM rag_metadata WHERE embedded_hash IS NULL");
        }

        await scene.LookAsync();
    }

    private static async Task SilentAsync(TelemetryScene scene)
    {
        await scene.AddProductsAsync(1, 1);
        await scene.RunAsync();
        await scene.Database.Source.ExecuteAsync("ALTER TABLE rag_changes RENAME TO rag_changes_gone");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(scene.LookAsync);
    }

    // In the cloud the Functions host records every invocation as a request. Here the web server's spans become rows of the same table.
    private static async Task InAppAsync(MonitorIngestion ingestion, bool breaksDatabase, int wrongKeys = 0)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        await using var database = await TestDatabase.CreateAsync();
        await database.Source.ExecuteAsync("INSERT INTO wb_cabinets (id, api_key, name) VALUES (1, 'k', 'n')");
        await using var app = await RunningApp.StartAsync(
            database,
            services =>
            {
                TelemetryScene.WithoutSignIn(services);
                services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Microsoft.AspNetCore"));
                services.AddSingleton<IStartupFilter, StatusOfAnswer>();
            },
            [.. TelemetryScene.To(ingestion).Select(setting => (setting.Key, setting.Value!)), ("Logging:LogLevel:Default", "Information")]);
        await app.Host.Services.GetRequiredService<IndexGauges>().RecordAsync(TestContext.Current.CancellationToken);

        // Or the requests would be part of the test's own trace, which nobody records.
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(app.Host.Address) };
        if (breaksDatabase)
        {
            await database.Source.ExecuteAsync("ALTER TABLE rag_index_status RENAME TO rag_index_status_gone");
            http.DefaultRequestHeaders.Add("X-API-KEY", RunningApp.OperatorKey);
        }

        // At once: each of them waits longer.
        await Task.WhenAll(Enumerable.Range(0, wrongKeys).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/rag/status/1") { Headers = { { "X-API-KEY", "not-the-key-of-anybody" } } };
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }));

        for (var i = 0; i < 5; i++)
        {
            using var answer = await http.GetAsync(new Uri("/v1/rag/status/1", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(breaksDatabase ? HttpStatusCode.InternalServerError : HttpStatusCode.Forbidden, answer.StatusCode);
        }

        TelemetryScene.Flush(app.Host.Services);
    }

    /// <summary>Tells the span of a request how it was answered, as the Functions host does.</summary>
    private sealed class StatusOfAnswer : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, following) =>
            {
                await following();
                Activity.Current?.SetTag("http.response.status_code", context.Response.StatusCode);
            });
            next(app);
        };
    }
}
