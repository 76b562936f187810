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

    /// <summary>A report that is not made by then never will be; another one is asked for.</summary>
    private static readonly TimeSpan LongestTask = TimeSpan.FromHours(1);

    public SyncEntity Entity => SyncEntity.Stocks;

    public async Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken)
    {
        var state = session.State(StockStateJsonContext.Default.StockState);
        var isBasic = session.Access.Kind == TokenKind.Basic;
        // A snapshot begun with another kind of token could never be ended with this one.
        if (state.Phase == StockPhase.None || (isBasic && state.Phase != StockPhase.Task))
        {
            state = await BeginAsync(session, state, isBasic ? StockPhase.Task : StockPhase.Marketplace, cancellationToken);
        }

        string? missed = null;
        while (state.Phase != StockPhase.None)
        {
            var (next, end) = state.Phase == StockPhase.Task ? await TaskAsync(session, state, cancellationToken) : await PageAsync(session, state, cancellationToken);
            if (end is { Status: not EntitySyncStatus.Ok })
            {
                return end;
            }

            missed ??= end?.Reason;
            state = next;
        }

        return SyncEnd.DoneBut(missed);
    }

    private static async Task<StockState> BeginAsync(SyncSession session, StockState state, StockPhase phase, CancellationToken cancellationToken)
    {
        var source = Source(phase);
        await using var command = session.Command("");
        var known = await StockWriter.CountLiveAsync(command, session.CabinetId, source, cancellationToken);
        var next = state with { Phase = phase, Offset = 0, Known = known, HasUnknown = false, TaskId = null, TaskIsDone = false, TaskAskedAt = null };
        await SaveAsync(session, 0, page => StockWriter.BeginAsync(page, source, cancellationToken), next, cancellationToken);
        return next;
    }

    private async Task<(StockState State, SyncEnd? End)> PageAsync(SyncSession session, StockState state, CancellationToken cancellationToken)
    {
        var source = Source(state.Phase);
        var answer = source == StockSource.Seller
            ? await client.SellerWarehousesAsync(session.Access, state.Offset, cancellationToken)
            : await client.WarehousesAsync(session.Access, state.Offset, cancellationToken);
        if (source == StockSource.Seller && answer.Status is CallStatus.Forbidden or CallStatus.Failed or CallStatus.Unavailable)
        {
            // The marketplace's warehouses are complete by now. The seller's are read anew with the next snapshot; not every token may see them.
            var without = state with { Phase = StockPhase.None };
            await SaveAsync(session, 0, Nothing, without, cancellationToken);
            return (without, answer.Status == CallStatus.Forbidden ? null : SyncEnd.DoneBut(answer.Reason));
        }

        if (!answer.IsOk)
        {
            return (state, SyncEnd.Of(answer));
        }

        var lines = answer.Value;
        var next = WithRejects(state, lines) with
        {
            Offset = state.Offset + lines.Rows.Distinct().Count() + lines.Rejects.DistinctBy(line => line.Key).Count(),
        };
        await WriteAsync(session, source, lines, next, cancellationToken);
        return lines.Count < options.Value.StockPageRows ? await ConcludeAsync(session, next, cancellationToken) : (next, null);
    }

    private async Task<(StockState State, SyncEnd? End)> TaskAsync(SyncSession session, StockState state, CancellationToken cancellationToken)
    {
        if (!state.TaskIsDone)
        {
            var task = state.TaskId is null
                ? await client.CreateRemainsAsync(session.Access, cancellationToken)
                : await client.RemainsStateAsync(session.Access, state.TaskId, cancellationToken);
            var isNew = state.TaskId is null;
            if (!task.IsOk)
            {
                // 404: the task is not known any more, and asking for it again would never end.
                if (!isNew && task.Status == CallStatus.Failed)
                {
                    await SaveAsync(session, 0, Nothing, state with { TaskId = null, TaskAskedAt = null }, cancellationToken);
                }

                return (state, SyncEnd.Of(task));
            }

            var askedAt = isNew ? session.Now : state.TaskAskedAt ?? session.Now;
            var isGone = task.Value.Progress == RemainsProgress.Gone
                || (task.Value.Progress == RemainsProgress.Working && session.Now - askedAt >= LongestTask);
            var next = state with
            {
                TaskId = isGone ? null : task.Value.Id,
                TaskIsDone = task.Value.Progress == RemainsProgress.Done,
                TaskAskedAt = isGone ? null : askedAt,
            };
            await SaveAsync(session, 0, Nothing, next, cancellationToken);
            return isGone ? (next, SyncEnd.Failed("the marketplace dropped the stock report's task, or did not make it within an hour")) :
                next.TaskIsDone || isNew ? (next, null) : (next, new SyncEnd(EntitySyncStatus.Waiting, session.Now + TaskPause));
        }

        var answer = await client.DownloadRemainsAsync(session.Access, state.TaskId!, cancellationToken);
        if (!answer.IsOk)
        {
            // A report that cannot be fetched any more must not be asked for again for ever.
            if (answer.Status == CallStatus.Failed)
            {
                await SaveAsync(session, 0, Nothing, state with { TaskId = null, TaskIsDone = false, TaskAskedAt = null }, cancellationToken);
            }

            return (state, SyncEnd.Of(answer));
        }

        var lines = answer.Value;
        var read = WithRejects(state, lines);
        await WriteAsync(session, StockSource.Marketplace, lines, read, cancellationToken);
        return await ConcludeAsync(session, read, cancellationToken);
    }

    // A line that could not be read still says that its article has stock: what is stored of that article is not zeroed.
    private static StockState WithRejects(StockState state, AnswerPage<StockLine> lines) =>
        lines.Rejects.Any(line => line.Article is null) ? state with { HasUnknown = true } : state;

    private static Task WriteAsync(SyncSession session, StockSource source, AnswerPage<StockLine> lines, StockState next, CancellationToken cancellationToken)
    {
        long[] unread = [.. lines.Rejects.Select(line => line.Article).OfType<long>().Distinct()];
        return session.CommitAsync(
            lines, (page, some) => StockWriter.WriteAsync(page, source, some, unread, session.Now, cancellationToken), next,
            StockStateJsonContext.Default.StockState, cancellationToken);
    }

    private static async Task<(StockState State, SyncEnd? End)> ConcludeAsync(SyncSession session, StockState state, CancellationToken cancellationToken)
    {
        var source = Source(state.Phase);
        await using var command = session.Command("");
        var (rows, digest) = await StockWriter.DescribeSeenAsync(command, session.CabinetId, source, cancellationToken);
        if (state.HasUnknown)
        {
            // A line of which not even the article can be read may be any of them.
            var unsure = state with { Phase = StockPhase.None, HasUnknown = false };
            await SaveAsync(session, 0, page => StockWriter.BeginAsync(page, source, cancellationToken), unsure, cancellationToken);
            var told = SyncEnd.DoneBut("a line of the stock report cannot be read, not even its article: nothing was zeroed");
            return (state.Phase == StockPhase.Marketplace ? await BeginAsync(session, unsure, StockPhase.Seller, cancellationToken) : unsure, told);
        }

        // Rows kept aside are not among those named.
        if (state.Phase != StockPhase.Task && rows < state.Offset && !session.HasRejects)
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

    private static TimeSpan Cycle(SyncSession session) => DueRules.Interval(SyncEntity.Stocks, session.Access.Kind) - DueRules.Tolerance;

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

    /// <summary>The snapshot holds a line of which not even the article can be read.</summary>
    public bool HasUnknown { get; init; }

    public string? TaskId { get; init; }
    public bool TaskIsDone { get; init; }
    public DateTimeOffset? TaskAskedAt { get; init; }

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
