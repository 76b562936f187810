using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Statistics;

/// <summary>
/// Reads rows changed since the cursor, page by page. The border comes again with every page (the comparison is inclusive); a full page that
/// does not lead beyond its own start is a failure and not an endless loop.
/// </summary>
internal abstract class StatisticsSync<T>(MarketplaceOptions options) : IEntitySteps
    where T : class, IStatisticsAnswer
{
    /// <summary>After so many readings that left known rows out, they are believed to be gone.</summary>
    private const int LastTry = 5;

    /// <summary>Read again at every sync: reports are refreshed every 30 minutes, and not all rows appear in the order of their change.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(2);

    /// <summary>
    /// So late can a row appear, or be filled: rows appear a day after the change they tell, and the zeros of a sale are filled within 24 hours
    /// without a new change time.
    /// </summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromDays(2);

    /// <summary>What may have come late is read again once a day, by the call of that hour: of three days, where nothing delays it.</summary>
    private static readonly TimeSpan RereadEvery = TimeSpan.FromHours(24) - TimeSpan.FromMinutes(5);

    public abstract SyncEntity Entity { get; }

    /// <summary>Whether rows changed from $2 on and before $3 are stored, other than those with the keys $4.</summary>
    protected abstract string HasOthers { get; }

    protected abstract Task<CallResult<AnswerPage<T>>> ReadAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken);

    protected abstract Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<T> rows, CancellationToken cancellationToken);

    public async Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken)
    {
        var earliest = session.Now - TimeSpan.FromDays(options.FirstLoadDays);
        while (true)
        {
            var state = session.State(StatisticsStateJsonContext.Default.StatisticsState);
            var from = state.Position is not { } position ? earliest : state.IsCut ? position : Later(position - Overlap, earliest);
            var rereads = !state.IsCut && !(session.Now - state.RereadAt < RereadEvery);
            from = rereads && RereadFrom(session, state) is var again && again < from ? Later(again, earliest) : from;
            var answer = await ReadAsync(session.Access, from, cancellationToken);
            if (!answer.IsOk)
            {
                return SyncEnd.Of(answer);
            }

            var (rows, count) = (answer.Value.Rows, answer.Value.Count);
            // The maximum and not the last row: the order within an answer is implied by the marketplace, not promised.
            var latest = rows.Count == 0 ? state.Position : rows.Max(row => row.LastChange);
            var isCut = count >= options.StatisticsCutRows;
            if (isCut && latest <= from)
            {
                return SyncEnd.Failed(
                    $"the cursor of {Entity.Name()} does not advance: {count} rows and none changed after {from:yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'}");
            }

            // A change time in the future would make the sync skip everything until then. And a cut answer that reaches the present goes on
            // where everything had appeared by now: the next page may be hours away, and what appears meanwhile lies before the border.
            var isReread = rereads
                && (isCut || state.RereadTries + 1 >= LastTry || !await LeavesOutAsync(session, answer.Value, from, cancellationToken));
            var settled = session.Now - Overlap;
            var end = isCut && settled > from ? settled : session.Now;
            var next = new StatisticsState
            {
                // A cut answer goes on behind its own last row, also where that lies before what was read earlier.
                Position = latest > end ? end : isCut ? latest : Later(latest, state.Position),
                IsCut = isCut,
                RereadAt = isReread ? session.Now : state.RereadAt,
                RereadPosition = isReread ? state.Position : state.RereadPosition,
                RereadTries = isReread ? 0 : state.RereadTries + (rereads ? 1 : 0),
            };
            await session.CommitAsync(
                answer.Value, (page, some) => WriteAsync(page, some, cancellationToken), next, StatisticsStateJsonContext.Default.StatisticsState, cancellationToken);
            if (!isCut)
            {
                return SyncEnd.Done;
            }
        }
    }

    // Not three days back from now: what the former such reading came too early for lies before it, however long ago it was. And by the time of
    // the rows: statistics that stand still for half a day are half a day older than the clock says.
    private static DateTimeOffset RereadFrom(SyncSession session, StatisticsState state) =>
        (state.RereadPosition ?? state.RereadAt ?? session.Now - RereadEvery) - Lateness;

    // An answer without rows that are known to belong to it (an empty one, a former one sent again) has not told what came late.
    private async Task<bool> LeavesOutAsync(SyncSession session, AnswerPage<T> answer, DateTimeOffset from, CancellationToken cancellationToken)
    {
        await using var command = session.Command(HasOthers);
        command.Parameters.Add(Parameter.Of(session.CabinetId));
        command.Parameters.Add(Parameter.Of(from));
        command.Parameters.Add(Parameter.Of(answer.Rows.Count == 0 ? DateTimeOffset.MaxValue : answer.Rows.Min(row => row.LastChange)));
        command.Parameters.Add(Parameter.Of<string[]>([.. answer.Rows.Select(row => row.Key), .. answer.Rejects.Select(row => row.Key)]));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static DateTimeOffset Later(DateTimeOffset first, DateTimeOffset second) => first > second ? first : second;

    private static DateTimeOffset? Later(DateTimeOffset? first, DateTimeOffset? second) => first is null || second > first ? second : first;
}

/// <summary>Orders.</summary>
internal sealed class OrderSync(StatisticsClient client, IOptions<MarketplaceOptions> options) : StatisticsSync<OrderAnswer>(options.Value)
{
    private const string Others = """
        SELECT EXISTS (
            SELECT FROM wb_orders WHERE cabinet_id = $1 AND last_change_date >= $2 AND last_change_date < $3 AND NOT srid = ANY ($4))
        """;

    public override SyncEntity Entity => SyncEntity.Orders;

    protected override string HasOthers => Others;

    protected override Task<CallResult<AnswerPage<OrderAnswer>>> ReadAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        client.OrdersAsync(access, from, cancellationToken);

    protected override Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<OrderAnswer> rows, CancellationToken cancellationToken) =>
        OrderWriter.WriteAsync(page, rows, cancellationToken);
}

/// <summary>Sales and returns.</summary>
internal sealed class SaleSync(StatisticsClient client, IOptions<MarketplaceOptions> options) : StatisticsSync<SaleAnswer>(options.Value)
{
    private const string Others = """
        SELECT EXISTS (
            SELECT FROM wb_sales WHERE cabinet_id = $1 AND last_change_date >= $2 AND last_change_date < $3 AND NOT wb_sale_id = ANY ($4))
        """;

    public override SyncEntity Entity => SyncEntity.Sales;

    protected override string HasOthers => Others;

    protected override Task<CallResult<AnswerPage<SaleAnswer>>> ReadAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        client.SalesAsync(access, from, cancellationToken);

    protected override Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<SaleAnswer> rows, CancellationToken cancellationToken) =>
        SaleWriter.WriteAsync(page, rows, cancellationToken);
}

/// <summary>Where orders or sales stand.</summary>
internal sealed record StatisticsState
{
    /// <summary>The latest change read.</summary>
    public DateTimeOffset? Position { get; init; }

    /// <summary>The last answer may have been cut: reading goes on from there, without overlap.</summary>
    public bool IsCut { get; init; }

    /// <summary>When the last days were read again.</summary>
    public DateTimeOffset? RereadAt { get; init; }

    /// <summary>The latest change that had been read by then; null = it was the first load.</summary>
    public DateTimeOffset? RereadPosition { get; init; }

    /// <summary>Readings of the last days since then that left known rows out.</summary>
    public int RereadTries { get; init; }
}

/// <summary>The shape of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StatisticsState))]
internal sealed partial class StatisticsStateJsonContext : JsonSerializerContext;
