using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Reviews;

/// <summary>
/// New reviews of both lists at every sync; once a day, and at first, the whole window and the archive, because a review is answered, edited
/// or archived without becoming new.
/// </summary>
internal sealed class ReviewSync(FeedbackClient client, IOptions<MarketplaceOptions> options) : IEntitySteps
{
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(24);
    private static readonly TimeSpan WindowEvery = TimeSpan.FromHours(24) - TimeSpan.FromMinutes(5);

    public SyncEntity Entity => SyncEntity.Reviews;

    public async Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken)
    {
        var state = session.State(ReviewStateJsonContext.Default.ReviewState);
        if (state.Phase == ReviewPhase.None)
        {
            state = Begin(state, session.Now);
        }

        string? missed = null;
        while (state.Phase != ReviewPhase.None)
        {
            var answer = state.Phase == ReviewPhase.Archive
                ? await client.ArchiveAsync(session.Access, state.Skip, cancellationToken)
                : await client.ReviewsAsync(session.Access, state.Phase == ReviewPhase.Answered, state.ListFrom!.Value, state.Skip, cancellationToken);
            if (state.Phase == ReviewPhase.Archive && answer.Status is CallStatus.Forbidden or CallStatus.Failed or CallStatus.Unavailable)
            {
                // The lists are complete without the archive; it is due again with the next sync.
                missed = answer.Reason;
                state = NextList(state, session.Now) with { ArchiveIsDue = true };
                await session.CommitAsync(0, _ => Task.FromResult(default(ChangedRows)), state, ReviewStateJsonContext.Default.ReviewState, cancellationToken);
                continue;
            }

            if (!answer.IsOk)
            {
                return SyncEnd.Of(answer);
            }

            var reviews = answer.Value.Rows;
            if (Next(state, answer.Value, session.Now) is not { } next)
            {
                return SyncEnd.Failed("the cursor of reviews does not advance: too many reviews of one second");
            }

            // The archive knows no dates: what is older than the window is not stored.
            var earliest = state.Phase == ReviewPhase.Archive ? Earliest(session.Now) : state.From;
            await session.CommitAsync(
                answer.Value, (page, some) => ReviewWriter.WriteAsync(page, [.. some.Where(review => review.CreatedAt >= earliest)], cancellationToken), next, ReviewStateJsonContext.Default.ReviewState, cancellationToken);
            state = next;
        }

        return SyncEnd.DoneBut(missed);
    }

    private ReviewState Begin(ReviewState state, DateTimeOffset now)
    {
        var isWindow = state.Position is null || state.WindowDoneAt is null || now - state.WindowDoneAt >= WindowEvery;
        var earliest = Earliest(now);
        // Whole seconds, as the parameter.
        var from = DateTimeOffset.FromUnixTimeSeconds((isWindow ? earliest : state.Position!.Value - Overlap).ToUnixTimeSeconds());
        return state with { Phase = ReviewPhase.Unanswered, IsWindow = isWindow, From = from, ListFrom = from, Skip = 0, Latest = null };
    }

    private DateTimeOffset Earliest(DateTimeOffset now) => now - TimeSpan.FromDays(options.Value.FirstLoadDays);

    /// <summary>Where to go on after a page; null = nowhere.</summary>
    private ReviewState? Next(ReviewState state, AnswerPage<ReviewAnswer> page, DateTimeOffset now)
    {
        var reviews = page.Rows;
        var pageRows = options.Value.ReviewPageRows;
        var latest = reviews.Count == 0 ? state.Latest : Later(state.Latest, reviews.Max(review => review.CreatedAt));
        var isLast = page.Count < pageRows;
        if (state.Phase == ReviewPhase.Archive)
        {
            isLast |= reviews.Count > 0 && reviews.Min(review => review.CreatedAt) < Earliest(now);
            isLast |= state.Skip + pageRows > options.Value.ReviewMaxSkip;
        }

        if (isLast)
        {
            return NextList(state with { Latest = latest }, now);
        }

        var skip = state.Skip + pageRows;
        if (state.Phase == ReviewPhase.Archive || skip <= options.Value.ReviewMaxSkip)
        {
            return state with { Skip = skip, Latest = latest };
        }

        if (reviews.Count == 0)
        {
            return null;
        }

        // Oldest first: the list can begin again at the last review read.
        var from = DateTimeOffset.FromUnixTimeSeconds(reviews.Max(review => review.CreatedAt).ToUnixTimeSeconds());
        return from > state.ListFrom ? state with { ListFrom = from, Skip = 0, Latest = latest } : null;
    }

    private static ReviewState NextList(ReviewState state, DateTimeOffset now) => state.Phase switch
    {
        ReviewPhase.Unanswered => state with { Phase = ReviewPhase.Answered, ListFrom = state.From, Skip = 0 },
        ReviewPhase.Answered when state.IsWindow || state.ArchiveIsDue => state with { Phase = ReviewPhase.Archive, Skip = 0 },
        _ => new ReviewState
        {
            // Nothing came: the window that was read is read.
            Position = Later(state.Position, state.Latest > now ? now : state.Latest ?? state.From),
            WindowDoneAt = state.IsWindow ? now : state.WindowDoneAt,
        },
    };

    private static DateTimeOffset? Later(DateTimeOffset? first, DateTimeOffset? second) => first is null || second > first ? second : first;
}

/// <summary>Where reviews stand.</summary>
internal sealed record ReviewState
{
    public ReviewPhase Phase { get; init; }

    /// <summary>Reviews created before this instant have been read.</summary>
    public DateTimeOffset? Position { get; init; }

    /// <summary>Where the present pass began; its lists start here.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Where the present page's list starts; moves when <see cref="Skip"/> comes near its cap.</summary>
    public DateTimeOffset? ListFrom { get; init; }

    public int Skip { get; init; }

    /// <summary>The latest review of the present pass.</summary>
    public DateTimeOffset? Latest { get; init; }

    public bool IsWindow { get; init; }

    /// <summary>The archive could not be read: it is read with the next sync, whether or not the window is due.</summary>
    public bool ArchiveIsDue { get; init; }

    public DateTimeOffset? WindowDoneAt { get; init; }
}

/// <summary>Lists of a pass over the reviews. 0 = none is under way.</summary>
internal enum ReviewPhase
{
    None,
    Unanswered,
    Answered,
    Archive,
}

/// <summary>The shape of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ReviewState))]
internal sealed partial class ReviewStateJsonContext : JsonSerializerContext;
