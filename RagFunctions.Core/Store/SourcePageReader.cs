using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>
/// Reads pages of a range: first the queue's versions, then the rows. In that order a row that changes in between keeps a version
/// nobody took. A row that cannot be read is found by halving; the others of its page are read all the same.
/// </summary>
internal sealed class SourcePageReader(NpgsqlConnection main, ApplyRangeInput input, int limit)
{
    private static readonly Dictionary<Entity, string> IdsOfRange = EntityNames.All.ToDictionary(
        entity => entity,
        entity => $"SELECT id::bigint FROM {entity.TableName()} WHERE cabinet_id = $1 AND id BETWEEN $2 AND $3 ORDER BY id LIMIT $4");

    private Entity Entity => input.Range.Entity;

    private long LastOfRange => input.Range.To is { } end ? end - 1 : long.MaxValue;

    /// <summary>The rows the queue names.</summary>
    public async Task<SourcePage> ReadQueuedAsync(long first, bool includeBlocked, CancellationToken cancellationToken)
    {
        var taken = await ChangeQueue.TakeAsync(
            main, input.CabinetId, Entity, first, LastOfRange, limit, includeBlocked, cancellationToken);
        var more = taken.Ids.Length == limit;
        var last = more ? taken.Ids[^1] : LastOfRange;
        if (taken.Ids.Length == 0)
        {
            return new SourcePage(last, more, taken, [], [], []);
        }

        Dictionary<long, string> failed = [];
        var rows = await ReadByHalvesAsync(taken.Ids, failed, cancellationToken);
        return new SourcePage(last, more && last < LastOfRange, taken, rows.Eligible, rows.Ineligible, failed);
    }

    /// <summary>All eligible rows, and every queue row of the same interval.</summary>
    public async Task<SourcePage> ReadAllAsync(long first, CancellationToken cancellationToken)
    {
        var taken = await ChangeQueue.TakeAllAsync(main, input.CabinetId, Entity, first, LastOfRange, limit, cancellationToken);
        var rows = await ReadRowsAsync(first, cancellationToken);
        return (rows with { Taken = taken }).CutAfter(taken.Ids.Length == limit ? taken.Ids[^1] : LastOfRange);
    }

    /// <summary>All eligible rows; the queue is not looked at.</summary>
    public async Task<SourcePage> ReadRowsAsync(long first, CancellationToken cancellationToken)
    {
        Dictionary<long, string> failed = [];
        IReadOnlyList<SourceRow> rows;
        var last = LastOfRange;
        try
        {
            var batch = await SourceReader.ReadRangeAsync(
                main, Entity, input.CabinetId, first, input.Range.To, limit, input.AsOf, cancellationToken);
            rows = batch.Eligible;
            last = rows.Count == limit ? rows[^1].Id : last;
        }
        catch (Exception error) when (UnreadableRow.Explains(error))
        {
            var ids = await ReadIdsAsync(first, cancellationToken);
            last = ids.Length == limit ? ids[^1] : last;
            rows = (await ReadByHalvesAsync(ids, failed, cancellationToken)).Eligible;
        }

        return new SourcePage(last, last < LastOfRange, TakenChanges.None, rows, [], failed);
    }

    private async Task<SourceBatch> ReadByHalvesAsync(long[] ids, Dictionary<long, string> failed, CancellationToken cancellationToken)
    {
        try
        {
            return await SourceReader.ReadByIdsAsync(main, Entity, input.CabinetId, ids, input.AsOf, cancellationToken);
        }
        catch (Exception error) when (UnreadableRow.Explains(error))
        {
            if (ids.Length == 1)
            {
                failed.Add(ids[0], UnreadableRow.Describe(error));
                return new SourceBatch([], []);
            }

            var middle = ids.Length / 2;
            var lower = await ReadByHalvesAsync(ids[..middle], failed, cancellationToken);
            var upper = await ReadByHalvesAsync(ids[middle..], failed, cancellationToken);
            return new SourceBatch([.. lower.Eligible, .. upper.Eligible], [.. lower.Ineligible, .. upper.Ineligible]);
        }
    }

    private async Task<long[]> ReadIdsAsync(long first, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(IdsOfRange[Entity], main)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = input.CabinetId },
                new NpgsqlParameter<long> { TypedValue = first },
                new NpgsqlParameter<long> { TypedValue = LastOfRange },
                new NpgsqlParameter<int> { TypedValue = limit },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
        }

        return [.. ids];
    }
}
