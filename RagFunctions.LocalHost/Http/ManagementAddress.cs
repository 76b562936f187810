using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace RagFunctions.LocalHost.Http;

/// <summary>Where the management API is, and its key.</summary>
internal sealed class ManagementAddress(IServiceProvider services)
{
    /// <summary>The path of all instances.</summary>
    public const string Instances = "/runtime/webhooks/durabletask/instances";

    /// <summary>The key; set before anything starts.</summary>
    public string Key { get; set; } = "";

    /// <summary>Scheme, loopback address and port that the server listens on.</summary>
    public string Base =>
        services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1";

    public string Of(string instanceId, string verb, string query = "") =>
        $"{Base}{Instances}/{Uri.EscapeDataString(instanceId)}{verb}?{query}code={Uri.EscapeDataString(Key)}";
}
