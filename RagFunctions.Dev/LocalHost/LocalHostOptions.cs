using System.ComponentModel.DataAnnotations;

namespace RagFunctions.Dev.LocalHost;

/// <summary>Settings of the local host.</summary>
public sealed class LocalHostOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "LocalHost";

    /// <summary>The loopback port of the HTTP triggers, as with Core Tools; 0 takes a free one.</summary>
    [Range(0, 65535, ErrorMessage = "LocalHost:Port must lie between 0 and 65535.")]
    public int Port { get; set; } = 7071;

    /// <summary>Every activity runs twice, at times side by side, and the first result is thrown away.</summary>
    public bool Chaos { get; set; }

    /// <summary>The key of the management and admin URLs. Empty: a new one at each start.</summary>
    public string Key { get; set; } = "";

    /// <summary>
    /// Where orchestrations are kept: a connection string of Azure Storage, for Azurite <c>UseDevelopmentStorage=true</c>. Empty: in
    /// memory, until the process ends.
    /// </summary>
    public string Storage { get; set; } = "";
}
