using System.Globalization;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>Removes a cabinet that somebody named: its source rows, its queue and its index.</summary>
/// <remarks>
/// The weekly rebuild purges by itself what the main database no longer knows, unless that is more than half of the index. An operator
/// who names the cabinet needs no such guard; the command also serves cabinets that only the index still knows.
/// </remarks>
public sealed class CabinetRemoval(CabinetStore cabinets, CabinetPurge index)
{
    /// <summary>Gives a cabinet the token of another seller: all that is stored of the former one goes, here and in the index.</summary>
    /// <exception cref="CabinetException">As in <see cref="CabinetStore.ReplaceTokenAsync"/>.</exception>
    public async Task ChangeSellerAsync(long cabinetId, string token, string? seller, CancellationToken cancellationToken)
    {
        await cabinets.ReplaceTokenAsync(cabinetId, token, seller, ofOtherSeller: true, cancellationToken);
        await index.PurgeAsync(cabinetId, progress: null, cancellationToken);
    }

    /// <summary>The main database first: what dies in between is finished by another call, or by the weekly rebuild.</summary>
    /// <param name="progress">Told what has gone so far, after each batch of rows.</param>
    /// <returns>How many chunks went.</returns>
    /// <exception cref="CabinetException">Neither database knows the cabinet.</exception>
    public async Task<long> RemoveAsync(long cabinetId, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var known = await cabinets.TryRemoveAsync(cabinetId, Counted("source rows"), cancellationToken);
        var purged = await index.PurgeAsync(cabinetId, Counted("chunks"), cancellationToken);
        return known || purged is not null ? purged ?? 0 : throw CabinetStore.Unknown(cabinetId);

        IProgress<long>? Counted(string what) => progress is null ? null : new Counter(progress, what);
    }

    private sealed class Counter(IProgress<string> progress, string what) : IProgress<long>
    {
        public void Report(long value) => progress.Report(string.Create(CultureInfo.InvariantCulture, $"{value:N0} {what} removed"));
    }
}
