using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs.Sweep;

/// <summary>Lists the active cabinets and purges those that the main database no longer knows.</summary>
public sealed partial class CabinetDirectory(MainDatabase main, RagDatabase rag, CabinetPurge purge, ILogger<CabinetDirectory> logger)
{
    private const string KnownCabinets = "SELECT id::bigint, is_active FROM wb_cabinets ORDER BY id";
    private const string NextActive = "SELECT id::bigint FROM wb_cabinets WHERE is_active AND id > $1 ORDER BY id LIMIT 100";

    private const string RebuiltSince = """
        SELECT DISTINCT cabinet_id FROM rag_index_runs
        WHERE cabinet_id = ANY ($1) AND mode = 'full_rebuild' AND started_at >= $2 AND outcome NOT IN ('failed', 'superseded', 'waiting')
        """;

    private const string IndexedCabinets = "SELECT cabinet_id FROM rag_index_status";

    /// <summary>The schedule has fired: purges cabinets that no longer exist and answers the active ones.</summary>
    public async Task<IReadOnlyList<long>> PurgeGoneAsync(CancellationToken cancellationToken)
    {
        Starting();
        var (active, known) = await ReadKnownAsync(cancellationToken);
        var indexed = await ReadPageAsync(rag.Source, IndexedCabinets, [], cancellationToken);
        var gone = indexed.Where(id => !known.Contains(id)).ToList();
        if (gone.Count * 2 > indexed.Count)
        {
            // An empty or wrong main database looks just like this.
            NothingPurged(indexed.Count - gone.Count, indexed.Count);
            return active;
        }

        foreach (var cabinetId in gone)
        {
            try
            {
                Purged(cabinetId, await purge.PurgeAsync(cabinetId, progress: null, cancellationToken) ?? 0);
            }
            catch (NpgsqlException error) when (StatementFailure.Is(error))
            {
                NotPurged(cabinetId, error);
            }
        }

        return active;
    }

    /// <summary>The next active cabinets in the order of their ids, for whoever starts all of them.</summary>
    /// <param name="after">Behind this id.</param>
    /// <param name="limit">At most so many; fewer mean that no further one follows.</param>
    /// <param name="since">Leaves out those with a full run that began at or after this instant; null leaves out none.</param>
    public async Task<IReadOnlyList<long>> NextActiveAsync(long after, int limit, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        List<long> next = [];
        while (next.Count < limit)
        {
            var page = await ReadPageAsync(main.Source, NextActive, [Parameter.Of<long>(after)], cancellationToken);
            if (page.Count == 0)
            {
                break;
            }

            after = page[^1];
            var done = since is null ? [] : await ReadPageAsync(
                rag.Source,
                RebuiltSince,
                [Parameter.Of<long[]>([.. page]), Parameter.Of<DateTimeOffset>(since.Value)],
                cancellationToken);
            next.AddRange(page.Except(done).Take(limit - next.Count));
        }

        return next;
    }

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

    private static async Task<List<long>> ReadPageAsync(
        NpgsqlDataSource source, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }

    [LoggerMessage(4050, LogLevel.Information, "Starting weekly full rebuild for all cabinets")]
    private partial void Starting();

    [LoggerMessage(4051, LogLevel.Information, "Cabinet {CabinetId} no longer exists: its index is removed, {Chunks} chunks")]
    private partial void Purged(long cabinetId, long chunks);

    [LoggerMessage(4053, LogLevel.Error, "Cabinet {CabinetId} no longer exists and its index could not be removed; the next rebuild goes on")]
    private partial void NotPurged(long cabinetId, Exception error);

    [LoggerMessage(4052, LogLevel.Error,
        "The main database knows only {Known} of {Indexed} indexed cabinets: nothing is purged; check ConnectionStrings:Main; cabinets that are really gone: rag cabinet remove")]
    private partial void NothingPurged(int known, int indexed);
}
