using RagFunctions.Core.Store;

namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>Removes a cabinet that somebody named: its source rows, its queue and its index.</summary>
/// <remarks>
/// The weekly rebuild purges by itself what the main database no longer knows, unless that is more than half of the index. An operator
/// who names the cabinet needs no such guard; the command also serves cabinets that only the index still knows.
/// </remarks>
public sealed class CabinetRemoval(CabinetStore cabinets, CabinetPurge index)
{
    /// <summary>The main database first: what dies in between is finished by another call, or by the weekly rebuild.</summary>
    /// <returns>How many chunks went.</returns>
    /// <exception cref="CabinetException">Neither database knows the cabinet.</exception>
    public async Task<long> RemoveAsync(long cabinetId, CancellationToken cancellationToken)
    {
        var known = await cabinets.TryRemoveAsync(cabinetId, cancellationToken);
        var purged = await index.PurgeAsync(cabinetId, cancellationToken);
        return known || purged is not null ? purged ?? 0 : throw CabinetStore.Unknown(cabinetId);
    }
}
