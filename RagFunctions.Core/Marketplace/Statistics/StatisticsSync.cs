using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
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
    /// <summary>Read again at every sync: reports are refreshed every 30 minutes, and not all rows appear in the order of their change.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(2);

    /// <summary>
    /// Read again once a day: rows can appear a day after the change they tell, and the zeros of a sale are filled within 24 hours without a new
    /// change time. One more call's worth of rows, in the same call.
    /// </summary>
    private static readonly TimeSpan Reread = TimeSpan.FromDays(3);

    private static readonly TimeSpan RereadEvery = TimeSpan.FromHours(24) - TimeSpan.FromMinutes(5);

    public abstract SyncEntity Entity { get; }

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
            from = rereads && session.Now - Reread < from ? Later(session.Now - Reread, earliest) : from;
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
            var settled = session.Now - Overlap;
            var end = isCut && settled > from ? settled : session.Now;
            var next = new StatisticsState
            {
                // A cut answer goes on behind its own last row, also where that lies before what was read earlier.
                Position = latest > end ? end : isCut ? latest : Later(latest, state.Position),
                IsCut = isCut,
                RereadAt = rereads ? session.Now : state.RereadAt,
            };
            await session.CommitAsync(
                answer.Value, (page, some) => WriteAsync(page, some, cancellationToken), next, StatisticsStateJsonContext.Default.StatisticsState, cancellationToken);
            if (!isCut)
            {
                return SyncEnd.Done;
            }
        }
    }

    private static DateTimeOffset Later(DateTimeOffset first, DateTimeOffset second) => first > second ? first : second;

    private static DateTimeOffset? Later(DateTimeOffset? first, DateTimeOffset? second) => first is null || second > first ? second : first;
}

/// <summary>Orders.</summary>
internal sealed class OrderSync(StatisticsClient client, IOptions<MarketplaceOptions> options) : StatisticsSync<OrderAnswer>(options.Value)
{
    public override SyncEntity Entity => SyncEntity.Orders;

    protected override Task<CallResult<AnswerPage<OrderAnswer>>> ReadAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        client.OrdersAsync(access, from, cancellationToken);

    protected override Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<OrderAnswer> rows, CancellationToken cancellationToken) =>
        OrderWriter.WriteAsync(page, rows, cancellationToken);
}

/// <summary>Sales and returns.</summary>
internal sealed class SaleSync(StatisticsClient client, IOptions<MarketplaceOptions> options) : StatisticsSync<SaleAnswer>(options.Value)
{
    public override SyncEntity Entity => SyncEntity.Sales;

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
}

/// <summary>The shape of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StatisticsState))]
internal sealed partial class StatisticsStateJsonContext : JsonSerializerContext;
