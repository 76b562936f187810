using Microsoft.Extensions.Logging;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>What the weekly rebuild does before cabinets are started: removes those that are gone, names those to rebuild.</summary>
public sealed partial class WeeklyRebuild(MainDatabase main, RagDatabase rag, CabinetPurge purge, ILogger<WeeklyRebuild> logger)
{
    private const string KnownCabinets = "SELECT id::bigint, is_active FROM wb_cabinets ORDER BY id";
    private const string IndexedCabinets = "SELECT cabinet_id FROM rag_index_status";

    /// <summary>The schedule has fired: purges cabinets that no longer exist and answers the active ones.</summary>
    public async Task<IReadOnlyList<long>> BeginAsync(CancellationToken cancellationToken)
    {
        Starting();
        var (active, known) = await ReadKnownAsync(cancellationToken);
        var indexed = await ReadIndexedAsync(cancellationToken);
        var gone = indexed.Where(id => !known.Contains(id)).ToList();
        if (gone.Count * 2 > indexed.Count)
        {
            // An empty or wrong main database looks just like this.
            NothingPurged(indexed.Count - gone.Count, indexed.Count);
            return active;
        }

        foreach (var cabinetId in gone)
        {
            Purged(cabinetId, await purge.PurgeAsync(cabinetId, cancellationToken) ?? 0);
        }

        return active;
    }

    /// <summary>The active cabinets, for whoever starts all of them.</summary>
    public async Task<IReadOnlyList<long>> ActiveCabinetsAsync(CancellationToken cancellationToken) =>
        (await ReadKnownAsync(cancellationToken)).Active;

    private async Task<(IReadOnlyList<long> Active, HashSet<long> Known)> ReadKnownAsync(CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(KnownCabinets);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> active = [];
        HashSet<long> known = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(reader.GetInt64(0));
            if (reader.GetBoolean(1))
            {
                active.Add(reader.GetInt64(0));
            }
        }

        return (active, known);
    }

    private async Task<List<long>> ReadIndexedAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(IndexedCabinets);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> indexed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            indexed.Add(reader.GetInt64(0));
        }

        return indexed;
    }

    [LoggerMessage(4050, LogLevel.Information, "Starting weekly full rebuild for all cabinets")]
    private partial void Starting();

    [LoggerMessage(4051, LogLevel.Information, "Cabinet {CabinetId} no longer exists: its index is removed, {Chunks} chunks")]
    private partial void Purged(long cabinetId, long chunks);

    [LoggerMessage(4052, LogLevel.Error,
        "The main database knows only {Known} of {Indexed} indexed cabinets: nothing is purged; check ConnectionStrings:Main; cabinets that are really gone: rag cabinet remove")]
    private partial void NothingPurged(int known, int indexed);
}
