namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Another worker holds the lease now; nothing of the present page was written.</summary>
public sealed class SyncLeaseLostException(long cabinetId, string entity)
    : Exception($"The sync of {entity} of cabinet {cabinetId} was taken over by another worker.");
