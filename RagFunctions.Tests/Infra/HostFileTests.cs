using System.Globalization;
using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

/// <summary>What host.json tells Durable Functions.</summary>
public sealed class HostFileTests
{
    private static readonly JsonNode Durable = JsonNode.Parse(File.ReadAllText(Repository.PathOf("host.json")))!["extensions"]!["durableTask"]!;

    [Fact]
    public void Orchestrations_are_kept_in_storage_that_is_polled_while_idle()
    {
        Assert.Equal("AzureStorage", (string)Durable["storageProvider"]!["type"]!);

        // Longer than this Flex Consumption does not look at the queues of an idle app.
        var interval = TimeSpan.Parse((string)Durable["storageProvider"]!["maxQueuePollingInterval"]!, CultureInfo.InvariantCulture);
        Assert.True(interval <= TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void An_orchestration_of_an_unknown_version_fails_for_the_sweep_to_restart()
    {
        Assert.True(Version.TryParse((string)Durable["defaultVersion"]!, out _));
        Assert.Equal(("CurrentOrOlder", "Fail"), ((string)Durable["versionMatchStrategy"]!, (string)Durable["versionFailureStrategy"]!));
    }

    [Fact]
    public void Nothing_of_inputs_and_outputs_is_traced_by_the_host() => Assert.False((bool)Durable["tracing"]!["traceInputsAndOutputs"]!);
}
