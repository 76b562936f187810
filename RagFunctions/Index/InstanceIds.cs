using System.Globalization;

namespace RagFunctions.Index;

/// <summary>The fixed ids of the orchestrations that may each run once.</summary>
public static class InstanceIds
{
    /// <summary>The weekly rebuild, and a full rebuild of all cabinets asked for by a caller.</summary>
    public const string RebuildAll = "rebuild-all";

    /// <summary>Ordinary runs of all cabinets.</summary>
    public const string StartAll = "start-all";

    /// <summary>The sync of all cabinets.</summary>
    public const string SyncAll = "sync-all";

    /// <summary>The sync of a cabinet: <c>sync-7</c>.</summary>
    public static string SyncOf(long cabinetId) => string.Create(CultureInfo.InvariantCulture, $"sync-{cabinetId}");

    /// <summary>The run of a cabinet: <c>index-7</c>.</summary>
    public static string IndexOf(long cabinetId) => string.Create(CultureInfo.InvariantCulture, $"index-{cabinetId}");
}
