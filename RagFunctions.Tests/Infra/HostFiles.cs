using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

/// <summary>What the Functions host reads, for each back end of orchestrations.</summary>
internal static class HostFiles
{
    public static JsonObject Storage => Read("host.json");

    public static JsonObject Scheduler => Read("host.DurableTaskScheduler.json");

    private static JsonObject Read(string name) => JsonNode.Parse(File.ReadAllText(Repository.PathOf(name)))!.AsObject();
}
