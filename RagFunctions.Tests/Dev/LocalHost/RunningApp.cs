using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RagFunctions.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>The whole app on a local host in this process, on a test's database. Nothing fires by itself: tests fire timers.</summary>
internal sealed class RunningApp : IAsyncDisposable
{
    public const string OperatorKey = "operator-key-number-1";

    private RunningApp(LocalFunctionsHost host)
    {
        Host = host;
        Http = new HttpClient { BaseAddress = new Uri(host.Address) };
        Durable = new DurableApi(Http, host.Key);
    }

    public LocalFunctionsHost Host { get; }

    public HttpClient Http { get; }

    public DurableApi Durable { get; }

    public static Task<RunningApp> StartAsync(TestDatabase database, params IEnumerable<(string Name, string Value)> settings) =>
        StartAsync(database, replace: null, settings);

    public static Task<RunningApp> StartAsync(TestDatabase database, TimeProvider time, params IEnumerable<(string Name, string Value)> settings) =>
        StartAsync(database, services => services.Replace(ServiceDescriptor.Singleton(time)), settings);

    public static async Task<RunningApp> StartAsync(
        TestDatabase database, Action<IServiceCollection>? replace, params IEnumerable<(string Name, string Value)> settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = database.ConnectionString,
            ["ConnectionStrings:Rag"] = database.ConnectionString,
            ["Embeddings:Provider"] = "offline",
            ["Api:Keys:0:Key"] = OperatorKey,
            ["LocalHost:Port"] = "0",
            ["SyncSchedule"] = "0 0 0 1 1 *",
            ["SweepSchedule"] = "0 0 0 1 1 *",
            ["Logging:LogLevel:Default"] = "None",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return new RunningApp(await LocalFunctionsHost.StartAsync(
            new ConfigurationBuilder().AddInMemoryCollection(all).Build(), replace, TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
    }
}
