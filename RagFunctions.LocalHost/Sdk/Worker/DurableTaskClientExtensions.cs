using Microsoft.Azure.Functions.Worker.Http;
using Microsoft.DurableTask.Client;
using RagFunctions.LocalHost.Orchestrations;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>HTTP management for orchestrations.</summary>
public static class DurableTaskClientExtensions
{
    /// <summary>The management URLs of an instance, whether or not it exists.</summary>
    /// <exception cref="InvalidOperationException">The client is not the one that the binding made.</exception>
    /// <exception cref="NotSupportedException">A request is given: the local host takes its own address only.</exception>
    public static HttpManagementPayload CreateHttpManagementPayload(
        this DurableTaskClient client, string instanceId, HttpRequestData? request = null)
    {
        if (request is not null)
        {
            throw new NotSupportedException("The local host makes management URLs from its own address, not from a request.");
        }

        return client is LocalDurableTaskClient local
            ? local.CreateManagementPayload(instanceId)
            : throw new InvalidOperationException("Management URLs need the client that the [DurableClient] binding made.");
    }
}
