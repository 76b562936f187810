using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Stocks;

/// <summary>
/// Stock as full snapshots: the marketplace's warehouses, then the seller's; for basic tokens the task report. What a snapshot does not name
/// is zeroed after its last page, unless it names fewer than half of what was known: then only a second equal one is believed.
/// </summary>
internal sealed class StockSync(StockClient client, IOptions<MarketplaceOptions> options) : IEntitySteps
{
    private static readonly TimeSpan TaskPause = TimeSpan.FromSeconds(10);

    public SyncEntity Entity => SyncEntity.Stocks;

    public async Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken)
    {
        var state = session.State(StockStateJsonContext.Default.StockState);
        var isBasic = session.Access.Info.Kind == TokenKind.Basic;
        // A snapshot begun with another kind of token could never be ended with this one.
        if (state.Phase == StockPhase.None || (isBasic && state.Phase != StockPhase.Task))
        {
            state = await BeginAsync(session, state, isBasic ? StockPhase.Task : StockPhase.Marketplace, cancellationToken);
        }

        while (state.Phase != StockPhase.None)
        {
            var (next, end) = state.Phase == StockPhase.Task ? await TaskAsync(session, state, cancellationToken) : await PageAsync(session, state, cancellationToken);
            if (end is not null)
            {
                return end;
            }

            state = next;
        }

        return SyncEnd.Done;
    }

    private static async Task<StockState> BeginAsync(SyncSession session, StockState state, StockPhase phase, CancellationToken cancellationToken)
    {
        var source = Source(phase);
        await using var command = session.Command("");
        var known = await StockWriter.CountLiveAsync(command, session.CabinetId, source, cancellationToken);
        var next = state with { Phase = phase, Offset = 0, Known = known, TaskId = null, TaskIsDone = false };
        await SaveAsync(session, 0, page => StockWriter.BeginAsync(page, source, cancellationToken), next, cancellationToken);
        return next;
    }

    private async Task<(StockState State, SyncEnd? End)> PageAsync(SyncSession session, StockState state, CancellationToken cancellationToken)
    {
        var source = Source(state.Phase);
        var answer = source == StockSource.Seller
            ? await client.SellerWarehousesAsync(session.Access, state.Offset, cancellationToken)
            : await client.WarehousesAsync(session.Access, state.Offset, cancellationToken);
        if (answer.Status == CallStatus.Forbidden && source == StockSource.Seller)
        {
            // Not every token may see the seller's own warehouses; the marketplace's are complete by now.
            var without = state with { Phase = StockPhase.None };
            await SaveAsync(session, 0, Nothing, without, cancellationToken);
            return (without, null);
        }

        if (!answer.IsOk)
        {
            return (state, SyncEnd.Of(answer));
        }

        var lines = answer.Value;
        var next = state with { Offset = state.Offset + lines.Distinct().Count() };
        await SaveAsync(session, lines.Count, page => StockWriter.WriteAsync(page, source, lines, session.Now, cancellationToken), next, cancellationToken);
        return lines.Count < options.Value.StockPageRows ? await ConcludeAsync(session, next, cancellationToken) : (next, null);
    }

    private async Task<(StockState State, SyncEnd? End)> TaskAsync(SyncSession session, StockState state, CancellationToken cancellationToken)
    {
        if (!state.TaskIsDone)
        {
            var task = state.TaskId is null
                ? await client.CreateRemainsAsync(session.Access, cancellationToken)
                : await client.RemainsStateAsync(session.Access, state.TaskId, cancellationToken);
            if (!task.IsOk)
            {
                return (state, SyncEnd.Of(task));
            }

            var isGone = task.Value.Progress == RemainsProgress.Gone;
            var isNew = state.TaskId is null;
            var next = state with { TaskId = isGone ? null : task.Value.Id, TaskIsDone = task.Value.Progress == RemainsProgress.Done };
            await SaveAsync(session, 0, Nothing, next, cancellationToken);
            return isGone ? (next, SyncEnd.Failed("the marketplace dropped the stock report's task")) :
                next.TaskIsDone || isNew ? (next, null) : (next, new SyncEnd(EntitySyncStatus.Waiting, session.Now + TaskPause));
        }

        var answer = await client.DownloadRemainsAsync(session.Access, state.TaskId!, cancellationToken);
        if (!answer.IsOk)
        {
            // A report that cannot be fetched any more must not be asked for again for ever.
            if (answer.Status == CallStatus.Failed)
            {
                await SaveAsync(session, 0, Nothing, state with { TaskId = null, TaskIsDone = false }, cancellationToken);
            }

            return (state, SyncEnd.Of(answer));
        }

        var lines = answer.Value;
        await SaveAsync(session, lines.Count, page => StockWriter.WriteAsync(page, StockSource.Marketplace, lines, session.Now, cancellationToken), state, cancellationToken);
        return await ConcludeAsync(session, state, cancellationToken);
    }

    private static async Task<(StockState State, SyncEnd? End)> ConcludeAsync(SyncSession session, StockState state, CancellationToken cancellationToken)
    {
        var source = Source(state.Phase);
        await using var command = session.Command("");
        var (rows, digest) = await StockWriter.DescribeSeenAsync(command, session.CabinetId, source, cancellationToken);
        if (state.Phase != StockPhase.Task && rows != state.Offset)
        {
            // A page that came twice came instead of another: what that one would have named has not vanished.
            var restarted = state with { Phase = StockPhase.None };
            await SaveAsync(session, 0, page => StockWriter.BeginAsync(page, source, cancellationToken), restarted, cancellationToken);
            return (restarted, SyncEnd.Failed($"the pages of the stock report overlap: {state.Offset} rows, {rows} of them different; nothing was zeroed"));
        }

        var (doubt, doubtAt) = source == StockSource.Seller ? (state.SellerDoubt, state.SellerDoubtAt) : (state.MarketplaceDoubt, state.MarketplaceDoubtAt);
        // The same report read twice within a cycle is one answer: it has not been made again.
        var isConfirmed = doubt == digest && doubtAt <= session.Now - Cycle(session);
        var isDoubtful = rows * 2 < state.Known && !isConfirmed;
        var (next, since) = (state with { Phase = StockPhase.None }, doubt == digest ? doubtAt ?? session.Now : session.Now);
        next = source == StockSource.Seller
            ? next with { SellerDoubt = isDoubtful ? digest : null, SellerDoubtAt = isDoubtful ? since : null }
            : next with { MarketplaceDoubt = isDoubtful ? digest : null, MarketplaceDoubtAt = isDoubtful ? since : null };
        await SaveAsync(
            session, 0,
            page => isDoubtful ? StockWriter.BeginAsync(page, source, cancellationToken) : StockWriter.ZeroVanishedAsync(page, source, session.Now, cancellationToken),
            next, cancellationToken);
        return (state.Phase == StockPhase.Marketplace ? await BeginAsync(session, next, StockPhase.Seller, cancellationToken) : next, null);
    }

    private static TimeSpan Cycle(SyncSession session) => DueRules.Interval(SyncEntity.Stocks, session.Access.Info.Kind) - DueRules.Tolerance;

    private static StockSource Source(StockPhase phase) => phase == StockPhase.Seller ? StockSource.Seller : StockSource.Marketplace;

    private static Task<ChangedRows> Nothing(PageTransaction page) => Task.FromResult(default(ChangedRows));

    private static Task SaveAsync(SyncSession session, int read, Func<PageTransaction, Task<ChangedRows>> write, StockState next, CancellationToken cancellationToken) =>
        session.CommitAsync(read, write, next, StockStateJsonContext.Default.StockState, cancellationToken);
}

/// <summary>Where a stock snapshot stands.</summary>
internal sealed record StockState
{
    public StockPhase Phase { get; init; }
    public int Offset { get; init; }

    /// <summary>Rows that held anything when the snapshot began.</summary>
    public long Known { get; init; }

    public string? TaskId { get; init; }
    public bool TaskIsDone { get; init; }

    /// <summary>Digest of the last snapshot that was too small to believe, by source, and when it was first read.</summary>
    public string? MarketplaceDoubt { get; init; }
    public DateTimeOffset? MarketplaceDoubtAt { get; init; }
    public string? SellerDoubt { get; init; }
    public DateTimeOffset? SellerDoubtAt { get; init; }
}

/// <summary>Steps of a stock snapshot. 0 = none is under way.</summary>
internal enum StockPhase
{
    None,
    Marketplace,
    Seller,
    Task,
}

/// <summary>The shape of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StockState))]
internal sealed partial class StockStateJsonContext : JsonSerializerContext;
