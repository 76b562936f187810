using System.Diagnostics;
using Azure.Data.Tables;
using DurableTask.AzureStorage;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>
/// A task hub of its own in the storage that <c>RAG_TEST_AZURITE</c> names, else in the emulator of this clone, which <c>eng/azurite.sh</c>
/// starts when it is not there. Without a storage every test that needs one fails; none is skipped.
/// </summary>
internal sealed class StorageHub(string connection) : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Storage = new(FindAsync);

    private readonly string _name = $"Test{Guid.NewGuid():N}"[..20];

    /// <summary>Of a process that serves this hub, named as in the environment.</summary>
    public (string Name, string Value)[] Settings => [("LocalHost__Storage", connection), ("TaskHubName", _name)];

    public static async Task<StorageHub> CreateAsync() => new(await Storage.Value);

    /// <summary>How many workers own a partition of the hub.</summary>
    public async Task<int> OwnersAsync()
    {
        HashSet<string> owners = [];
        await foreach (var partition in new TableClient(connection, $"{_name}Partitions").QueryAsync<TableEntity>(
            select: ["CurrentOwner"], cancellationToken: TestContext.Current.CancellationToken))
        {
            owners.Add(partition.GetString("CurrentOwner") ?? "");
        }

        return owners.Count;
    }

    /// <summary>Throws the hub away, queues, tables and blobs.</summary>
    public async ValueTask DisposeAsync() => await new AzureStorageOrchestrationService(new AzureStorageOrchestrationServiceSettings
    {
        StorageAccountClientProvider = new StorageAccountClientProvider(connection),
        TaskHubName = _name,
    }).DeleteAsync();

    private static async Task<string> FindAsync()
    {
        await RunAsync("up");
        return (await RunAsync("url")).Trim();
    }

    private static async Task<string> RunAsync(string command)
    {
        var start = new ProcessStartInfo("bash", [Repository.PathOf("eng", "azurite.sh"), command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var script = Process.Start(start)!;
        var said = script.StandardError.ReadToEndAsync();
        var answer = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        return script.ExitCode == 0
            ? answer
            : throw new InvalidOperationException($"The tests need Azure Storage: RAG_TEST_AZURITE is not set and eng/azurite.sh {command} failed:\n{await said}");
    }
}
