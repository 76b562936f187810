using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>Applies one range for <see cref="ChangeApplier"/>, page by page, and adds up what was done.</summary>
internal sealed partial class RangeApplication(
    NpgsqlConnection main,
    NpgsqlConnection rag,
    ApplyChangesInput input,
    int pageRows,
    Func<SourceRow, RenderedRow> render,
    ILogger logger)
{
    private readonly SourcePageReader _source = new(main, input, pageRows, render);
    private readonly DeletionGuard _guard = new(main, rag, input);
    private readonly string _work = string.Create(
        CultureInfo.InvariantCulture, $"rag apply {input.CabinetId} {input.Range.Entity.TableName()} {input.Range.From}");

    private bool IsFull => input.Mode == RunMode.Full;

    private Entity Entity => input.Range.Entity;

    /// <summary>Sums over the pages that are committed.</summary>
    public ApplyChangesResult Result { get; private set; } = new();

    /// <summary>Applies the page that begins at <paramref name="first"/>, in one transaction.</summary>
    /// <returns>Where the next page begins; null = the range is done, or superseded.</returns>
    public async Task<long?> ApplyPageAsync(long first, CancellationToken cancellationToken)
    {
        try
        {
            return await ApplyPageAsync(first, isolating: false, cancellationToken);
        }
        catch (PostgresException error) when (UnwritableRow.Explains(error))
        {
            // Nothing of the page was committed: once more, and the row that cannot be written is looked for.
            return await ApplyPageAsync(first, isolating: true, cancellationToken);
        }
    }

    private async Task<long?> ApplyPageAsync(long first, bool isolating, CancellationToken cancellationToken)
    {
        await using var transaction = await rag.BeginTransactionAsync(cancellationToken);
        if (await LeaseFence.EnterAsync(transaction, input.CabinetId, input.Token, _work, cancellationToken) is not { } allowMassDelete)
        {
            Result = Result with { Superseded = true };
            return null;
        }

        var began = Stopwatch.GetTimestamp();
        var renderedBefore = _source.Rendering;
        if (await (IsFull ? ReadRangeAsync(first, cancellationToken) : ReadQueuedAsync(first, allowMassDelete, cancellationToken)) is not var (page, indexed))
        {
            return null;
        }

        var read = Stopwatch.GetTimestamp();
        var rendering = _source.Rendering - renderedBefore;
        var difference = ChunkComparison.Of(page.Eligible, indexed, page.Failed.Keys.ToHashSet());
        await QueueDependentsAsync(page, indexed, difference, cancellationToken);
        var deleteGone = await _guard.AllowsAsync(page, difference, allowMassDelete, cancellationToken);
        if (isolating)
        {
            await new UnwritableRow(transaction, Entity, input.CabinetId, page.Failed).WriteOthersAsync(difference, deleteGone, cancellationToken);
        }
        else
        {
            await ChunkWriter.WriteAsync(transaction, Entity, input.CabinetId, difference, deleteGone, cancellationToken);
        }

        if (IsFull)
        {
            await WrittenChunks.VerifyAsync(rag, Entity, input.CabinetId, page.Eligible, difference, deleteGone, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        await SettleQueueAsync(page, difference, deleteGone, cancellationToken);

        Add(page, difference, deleteGone);
        Result = Result with
        {
            ReadMs = Result.ReadMs + (long)(Stopwatch.GetElapsedTime(began, read) - rendering).TotalMilliseconds,
            RenderMs = Result.RenderMs + (long)rendering.TotalMilliseconds,
            SaveMs = Result.SaveMs + (long)Stopwatch.GetElapsedTime(read).TotalMilliseconds,
        };
        return page.More ? page.Last + 1 : null;
    }

    // Source and index may be read at the same time, because the lock on the range keeps others from changing its rows in the index.
    private async Task<(SourcePage Page, List<IndexedChunk> Indexed)?> ReadQueuedAsync(
        long first, bool includeBlocked, CancellationToken cancellationToken)
    {
        var taken = await _source.TakeAsync(first, includeBlocked, cancellationToken);
        if (taken.Ids.Length == 0)
        {
            return null;
        }

        var source = _source.ReadTakenAsync(taken, cancellationToken);
        var index = IndexedChunks.ReadByIdsAsync(rag, Entity, input.CabinetId, taken.Ids, cancellationToken);
        await Task.WhenAll(source, index);
        return (await source, await index);
    }

    private async Task<(SourcePage Page, List<IndexedChunk> Indexed)?> ReadRangeAsync(long first, CancellationToken cancellationToken)
    {
        var source = _source.ReadAllAsync(first, cancellationToken);
        var index = IndexedChunks.ReadRangeAsync(rag, Entity, input.CabinetId, first, _source.LastOfRange, pageRows, cancellationToken);
        await Task.WhenAll(source, index);
        return IndexedChunks.CutToSameEnd(await source, await index);
    }

    /// <summary>
    /// Queues the rows that contain a changed product name. This commits before the transaction that stores the new name: after a crash
    /// between the two the name is still seen as changed, while the other way round nobody would notice.
    /// </summary>
    private async Task QueueDependentsAsync(
        SourcePage page, List<IndexedChunk> indexed, ChunkComparison difference, CancellationToken cancellationToken)
    {
        // A full run renders every order itself.
        if (Entity == Entity.Sales && !IsFull && difference.New + difference.Updated > 0)
        {
            await DependentQueuer.QueueOrdersAsync(main, input.CabinetId, page.Taken.Ids, cancellationToken);
        }

        if (Entity != Entity.Products)
        {
            return;
        }

        var renamed = RenamedArticles.Find(
            page.Eligible, indexed, page.Ineligible, IsFull ? null : page.Taken.Ids, page.Failed.Keys.ToHashSet());
        if (renamed.Any)
        {
            var queued = await DependentQueuer.QueueAsync(main, input.CabinetId, renamed, cancellationToken);
            DependentsQueued(logger, input.CabinetId, renamed.NmIds.Count, queued);
        }
    }

    private async Task SettleQueueAsync(
        SourcePage page, ChunkComparison difference, bool deleteGone, CancellationToken cancellationToken)
    {
        HashSet<long> kept = deleteGone ? [] : [.. difference.GoneRows];
        var versions = page.Taken.Ids.Zip(page.Taken.Versions).ToDictionary(row => row.First, row => row.Second);
        var commands = new List<NpgsqlBatchCommand>(3);
        var served = Only(page.Taken, id => !page.Failed.ContainsKey(id) && !kept.Contains(id));
        if (served.Ids.Length > 0)
        {
            commands.Add(ChangeQueue.DeleteTakenCommand(input.CabinetId, Entity, served));
        }

        if (page.Failed.Count > 0)
        {
            commands.Add(ChangeQueue.FailCommand(input.CabinetId, Entity,
                [.. page.Failed.Select(row => new FailedChange(row.Key, versions.TryGetValue(row.Key, out var version) ? version : null, row.Value))]));
            RowsFailed(logger, input.CabinetId, Entity, page.Failed.Count, page.Failed.First().Key, page.Failed.First().Value);
        }

        var blocked = Only(page.Taken, kept.Contains);
        if (blocked.Ids.Length > 0)
        {
            commands.Add(ChangeQueue.BlockCommand(input.CabinetId, Entity, blocked, _guard.Reason));
        }

        if (commands.Count == 0)
        {
            return;
        }

        await DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var batch = new NpgsqlBatch(main);
                foreach (var command in commands)
                {
                    batch.BatchCommands.Add(command);
                }

                await batch.ExecuteNonQueryAsync(token);
            },
            cancellationToken);
    }

    private static TakenChanges Only(TakenChanges taken, Func<long, bool> keep)
    {
        List<long> ids = new(taken.Ids.Length);
        List<long> versions = new(taken.Ids.Length);
        for (var i = 0; i < taken.Ids.Length; i++)
        {
            if (keep(taken.Ids[i]))
            {
                ids.Add(taken.Ids[i]);
                versions.Add(taken.Versions[i]);
            }
        }

        return ids.Count == taken.Ids.Length ? taken : new TakenChanges([.. ids], [.. versions]);
    }

    private void Add(SourcePage page, ChunkComparison difference, bool deleteGone) => Result = Result with
    {
        RowsRead = Result.RowsRead + page.Eligible.Count + page.Ineligible.Count + page.Failed.Count,
        New = Result.New + difference.New,
        Updated = Result.Updated + difference.Updated,
        Unchanged = Result.Unchanged + difference.Unchanged,
        Deleted = Result.Deleted + difference.Surplus.Count + (deleteGone ? difference.Gone.Count : 0),
        FailedRows = Result.FailedRows + page.Failed.Count,
        Blocked = Result.Blocked ?? (deleteGone ? null : _guard.Numbers),
        Error = Result.Error ?? (page.Failed.Count == 0 ? null : Describe(page.Failed.First())),
    };

    private string Describe(KeyValuePair<long, string> failed) =>
        string.Create(CultureInfo.InvariantCulture, $"{Entity.TableName()} {failed.Key} {failed.Value}");

    [LoggerMessage(3001, LogLevel.Warning, "Cabinet {CabinetId}: {Count} {Entity} rows cannot be indexed and stay queued, the first is {Id}: {Error}")]
    private static partial void RowsFailed(ILogger logger, long cabinetId, Entity entity, int count, long id, string error);

    [LoggerMessage(3002, LogLevel.Debug, "Cabinet {CabinetId}: the names of {Articles} articles changed, {Rows} dependent rows queued")]
    private static partial void DependentsQueued(ILogger logger, long cabinetId, int articles, int rows);
}
