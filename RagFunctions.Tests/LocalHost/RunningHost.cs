using Microsoft.AspNetCore.Builder;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.LocalHost;
using RagFunctions.LocalHost.Http;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

/// <summary>A local host with sample functions on a test's database.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private bool _disposed;

    private RunningHost(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(Address.Base) };
    }

    public DurableTaskClient Client => _app.Services.GetRequiredService<DurableTaskClient>();

    public HttpClient Http { get; }

    public string Key => Address.Key;

    private ManagementAddress Address => _app.Services.GetRequiredService<ManagementAddress>();

    public static async Task<RunningHost> StartAsync(
        TestDatabase database,
        Journal journal,
        IEnumerable<Type> functions,
        TimeProvider? time = null,
        Action<IServiceCollection>? addServices = null,
        params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Append(("LocalHost:Port", "0")).Append(("Logging:LogLevel:Default", "None"))
                .GroupBy(setting => setting.Item1)
                // What a test gives last counts.
                .Select(group => KeyValuePair.Create(group.Key, (string?)group.Last().Item2)))
            .Build();
        var app = LocalFunctionsHost.Build(configuration, functions, (services, _) =>
        {
            services.AddSingleton(database.Rag);
            services.AddSingleton(journal);
            services.AddSingleton(time ?? TimeProvider.System);
            addServices?.Invoke(services);
        });
        try
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new RunningHost(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async Task<OrchestrationMetadata> RunAsync(TaskName orchestrator, object? input = null)
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, TestContext.Current.CancellationToken);
        return await EndOfAsync(id);
    }

    public async Task<OrchestrationMetadata> EndOfAsync(string id)
    {
        OrchestrationMetadata? instance = null;
        await Condition.BecomesTrueAsync(
            async () => (instance = await Client.GetInstanceAsync(id, getInputsAndOutputs: true)) is { IsCompleted: true },
            $"the end of orchestration {id}");
        return instance!;
    }

    public Task StatusBecomesAsync(string id, string customStatus) => Condition.BecomesTrueAsync(
        async () => (await Client.GetInstanceAsync(id, getInputsAndOutputs: true))?.SerializedCustomStatus == $"\"{customStatus}\"",
        $"custom status {customStatus} of orchestration {id}");

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
