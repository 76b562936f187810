using System.Diagnostics;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>
/// Reads pages of a range: first the queue's versions, then the rows. In that order a row that changes in between keeps a version
/// nobody took. A row that cannot be read is found by halving; the others of its page are read all the same. Each row is rendered as it
/// comes, while the database sends the next ones; nothing else of it is kept.
/// </summary>
internal sealed class SourcePageReader(NpgsqlConnection main, ApplyChangesInput input, int limit, Func<SourceRow, RenderedRow> render)
{
    private static readonly Dictionary<Entity, string> IdsOfRange = EntityNames.All.ToDictionary(
        entity => entity,
        entity => $"SELECT id::bigint FROM {entity.TableName()} WHERE cabinet_id = $1 AND id BETWEEN $2 AND $3 ORDER BY id LIMIT $4");

    private long _rendering;

    /// <summary>Time spent rendering so far.</summary>
    public TimeSpan Rendering => Stopwatch.GetElapsedTime(0, _rendering);

    /// <summary>Last id of the range, inclusive.</summary>
    public long LastOfRange => input.Range.To is { } end ? end - 1 : long.MaxValue;

    private Entity Entity => input.Range.Entity;

    /// <summary>What the queue names next.</summary>
    public Task<TakenChanges> TakeAsync(long first, bool includeBlocked, CancellationToken cancellationToken) =>
        ChangeQueue.TakeAsync(main, input.CabinetId, Entity, first, LastOfRange, limit, includeBlocked, cancellationToken);

    /// <summary>The rows the queue names.</summary>
    public async Task<SourcePage> ReadTakenAsync(TakenChanges taken, CancellationToken cancellationToken)
    {
        Dictionary<long, string> failed = [];
        var rows = await ReadByHalvesAsync(taken.Ids, failed, cancellationToken);
        var last = taken.Ids.Length == limit ? taken.Ids[^1] : LastOfRange;
        return new SourcePage(last, last < LastOfRange, taken, rows.Eligible, rows.Ineligible, failed);
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
        IReadOnlyList<RenderedRow> rows;
        var last = LastOfRange;
        try
        {
            var read = 0;
            var lastRead = first;
            var batch = await SourceReader.ReadRangeAsync(
                main, Entity, input.CabinetId, first, input.Range.To, limit, input.AsOf, Render, cancellationToken);
            rows = batch.Eligible;
            last = read == limit ? lastRead : last;

            RenderedRow? Render(SourceRow row)
            {
                (read, lastRead) = (read + 1, row.Id);
                return TryRender(row, failed);
            }
        }
        catch (Exception error) when (UnreadableRow.Explains(error))
        {
            failed.Clear();
            var ids = await ReadIdsAsync(first, cancellationToken);
            last = ids.Length == limit ? ids[^1] : last;
            rows = (await ReadByHalvesAsync(ids, failed, cancellationToken)).Eligible;
        }

        return new SourcePage(last, last < LastOfRange, TakenChanges.None, rows, [], failed);
    }

    private async Task<SourceBatch<RenderedRow>> ReadByHalvesAsync(long[] ids, Dictionary<long, string> failed, CancellationToken cancellationToken)
    {
        Dictionary<long, string> unrendered = [];
        try
        {
            var batch = await SourceReader.ReadByIdsAsync(
                main, Entity, input.CabinetId, ids, input.AsOf, row => TryRender(row, unrendered), cancellationToken);
            foreach (var (id, error) in unrendered)
            {
                failed.Add(id, error);
            }

            return batch;
        }
        catch (Exception error) when (UnreadableRow.Explains(error))
        {
            if (ids.Length == 1)
            {
                // What may have no chunk loses it, readable or not.
                if (await FindIneligibleAsync(ids[0], cancellationToken) is { } ineligible)
                {
                    return new SourceBatch<RenderedRow>([], [ineligible]);
                }

                failed.Add(ids[0], UnreadableRow.Describe(error));
                return new SourceBatch<RenderedRow>([], []);
            }

            var middle = ids.Length / 2;
            var lower = await ReadByHalvesAsync(ids[..middle], failed, cancellationToken);
            var upper = await ReadByHalvesAsync(ids[middle..], failed, cancellationToken);
            return new SourceBatch<RenderedRow>([.. lower.Eligible, .. upper.Eligible], [.. lower.Ineligible, .. upper.Ineligible]);
        }
    }

    private async Task<IneligibleRow?> FindIneligibleAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            return await SourceReader.FindIneligibleAsync(main, Entity, input.CabinetId, id, input.AsOf, cancellationToken);
        }
        catch (Exception error) when (UnreadableRow.Explains(error))
        {
            return null;
        }
    }

    private RenderedRow? TryRender(SourceRow row, Dictionary<long, string> failed)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            return render(row);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            failed.Add(row.Id, $"cannot be rendered: {error.GetType().Name}");
            return null;
        }
        finally
        {
            _rendering += Stopwatch.GetTimestamp() - began;
        }
    }

    private async Task<long[]> ReadIdsAsync(long first, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(IdsOfRange[Entity], main)
        {
            Parameters =
            {
                Parameter.Of<long>(input.CabinetId),
                Parameter.Of<long>(first),
                Parameter.Of<long>(LastOfRange),
                Parameter.Of<int>(limit),
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

/// <summary>One transaction's worth of source rows, read after the versions that announced them.</summary>
/// <param name="Last">Last id the page covers, inclusive.</param>
/// <param name="More">Rows may follow after <paramref name="Last"/>.</param>
/// <param name="Taken">Queue rows of the page.</param>
/// <param name="Eligible">Rows that have chunks, rendered, in order of id.</param>
/// <param name="Ineligible">Rows that are there but have none; run over the queue only.</param>
/// <param name="Failed">Rows that cannot be read or rendered, with the error.</param>
internal sealed record SourcePage(
    long Last,
    bool More,
    TakenChanges Taken,
    IReadOnlyList<RenderedRow> Eligible,
    IReadOnlyList<IneligibleRow> Ineligible,
    Dictionary<long, string> Failed)
{
    /// <summary>The page without what lies behind <paramref name="last"/>.</summary>
    public SourcePage CutAfter(long last)
    {
        if (last >= Last)
        {
            return this;
        }

        var taken = Taken.Ids.TakeWhile(id => id <= last).Count();
        return new SourcePage(
            last,
            More: true,
            new TakenChanges(Taken.Ids[..taken], Taken.Versions[..taken]),
            [.. Eligible.TakeWhile(row => row.SourceId <= last)],
            [.. Ineligible.TakeWhile(row => row.Id <= last)],
            Failed.Where(row => row.Key <= last).ToDictionary());
    }
}

/// <summary>Tells errors that a single row's data cause from errors that would meet every row.</summary>
internal static class UnreadableRow
{
    private const string DataException = "22";

    /// <summary>True when reading fewer rows may succeed: a value that PostgreSQL or .NET cannot convert.</summary>
    public static bool Explains(Exception error) => error switch
    {
        PostgresException postgres => postgres.SqlState.StartsWith(DataException, StringComparison.Ordinal),
        OverflowException or InvalidCastException or FormatException or ArgumentOutOfRangeException => true,
        _ => false,
    };

    /// <summary>For the operator: what kind of error it was, without the value itself.</summary>
    public static string Describe(Exception error) => error is PostgresException postgres
        ? $"cannot be read: PostgreSQL error {postgres.SqlState}"
        : $"cannot be read: {error.GetType().Name}";
}
