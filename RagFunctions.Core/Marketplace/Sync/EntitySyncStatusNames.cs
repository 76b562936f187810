using System.Text.Json;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The names of an <see cref="EntitySyncStatus"/> in answers and telemetry.</summary>
public static class EntitySyncStatusNames
{
    /// <summary><c>ok</c>, <c>waiting</c>, …, <c>not_due</c>.</summary>
    public static string Name(this EntitySyncStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}
