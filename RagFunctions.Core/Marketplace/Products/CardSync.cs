using System.Text.Json.Serialization;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Products;

/// <summary>
/// Cards changed since the cursor, then the trash, without which the cards are complete. Once a day all cards are listed: an article that the whole listing does not name is no
/// longer for sale, and one that came back without a new change date is.
/// </summary>
internal sealed class CardSync(ContentClient client) : IEntitySteps
{
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(1);
    private static readonly TimeSpan WholeEvery = TimeSpan.FromHours(24) - TimeSpan.FromMinutes(5);

    public SyncEntity Entity => SyncEntity.Cards;

    public async Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken)
    {
        var state = session.State(CardStateJsonContext.Default.CardState);
        if (state.Phase == CardPhase.None)
        {
            state = Begin(state, session.Now);
            await SaveAsync(session, 0, state.IsWhole ? page => CardWriter.ForgetSeenAsync(page, cancellationToken) : Nothing, state, cancellationToken);
        }

        string? missed = null;
        while (state.Phase != CardPhase.None)
        {
            var (next, end) = state.Phase switch
            {
                CardPhase.List => await ListAsync(session, state, cancellationToken),
                CardPhase.Trash => await TrashAsync(session, state, cancellationToken),
                _ => await ConcludeAsync(session, state, cancellationToken),
            };
            if (end is { Status: not EntitySyncStatus.Ok })
            {
                return end;
            }

            missed ??= end?.Reason;
            state = next;
        }

        return SyncEnd.DoneBut(missed);
    }

    private static CardState Begin(CardState state, DateTimeOffset now)
    {
        var isWhole = state.WholeDoneAt is null || now - state.WholeDoneAt >= WholeEvery;
        return state with
        {
            Phase = CardPhase.List,
            IsWhole = isWhole,
            HasUnknown = false,
            WholeStartedAt = isWhole ? now : state.WholeStartedAt,
            UpdatedAt = isWhole ? null : Earlier(state.UpdatedAt),
            NmId = null,
            TrashedAt = isWhole ? null : Earlier(state.TrashedAt),
            TrashNmId = null,
        };
    }

    private async Task<(CardState State, SyncEnd? End)> ListAsync(SyncSession session, CardState state, CancellationToken cancellationToken)
    {
        var from = new CardCursor(state.UpdatedAt, state.NmId);
        var answer = await client.CardsAsync(session.Access, from, cancellationToken);
        if (!answer.IsOk)
        {
            return (state, SyncEnd.Of(answer));
        }

        var (cards, cursor, isLast) = answer.Value;
        if (!isLast && cursor == from)
        {
            return (state, SyncEnd.Failed("the cursor of cards does not advance"));
        }

        var next = state with
        {
            UpdatedAt = cursor.At ?? state.UpdatedAt,
            NmId = cursor.At is null ? state.NmId : cursor.NmId,
            Phase = isLast ? CardPhase.Trash : CardPhase.List,
            HasUnknown = state.HasUnknown || cards.Rejects.Any(card => card.Article is null),
        };
        long[] unread = state.IsWhole ? [.. cards.Rejects.Select(card => card.Article).OfType<long>()] : [];
        await session.CommitAsync(
            cards, (page, some) => CardWriter.WriteAsync(page, some, isActive: true, state.IsWhole, unread, cancellationToken), next,
            CardStateJsonContext.Default.CardState, cancellationToken);
        return (next, null);
    }

    private async Task<(CardState State, SyncEnd? End)> TrashAsync(SyncSession session, CardState state, CancellationToken cancellationToken)
    {
        var from = new CardCursor(state.TrashedAt, state.TrashNmId);
        var answer = await client.TrashAsync(session.Access, from, cancellationToken);
        var afterTrash = state with { Phase = state.IsWhole ? CardPhase.Conclude : CardPhase.None };
        if (answer.Status is CallStatus.Wait or CallStatus.TokenRejected)
        {
            return (state, SyncEnd.Of(answer));
        }

        if (!answer.IsOk || (!answer.Value.IsLast && answer.Value.Next == from))
        {
            // The catalogue is complete without the trash; its cursor stays, so that the next pass reads it from here.
            await SaveAsync(session, 0, Nothing, afterTrash, cancellationToken);
            return (afterTrash, SyncEnd.DoneBut(answer.Reason ?? "the cursor of the trash does not advance"));
        }

        var (cards, cursor, isLast) = answer.Value;
        var next = (isLast ? afterTrash : state) with
        {
            TrashedAt = cursor.At ?? state.TrashedAt,
            TrashNmId = cursor.At is null ? state.TrashNmId : cursor.NmId,
        };
        await session.CommitAsync(
            cards, (page, some) => CardWriter.WriteAsync(page, some, isActive: false, markSeen: false, [], cancellationToken), next,
            CardStateJsonContext.Default.CardState, cancellationToken);
        return (next, null);
    }

    // A listing that lost most of the catalogue is more likely broken than true: it says nothing about what is gone.
    private static async Task<(CardState State, SyncEnd? End)> ConcludeAsync(SyncSession session, CardState state, CancellationToken cancellationToken)
    {
        await using var command = session.Command("");
        var (active, listed) = await CardWriter.CountListedAsync(command, session.CabinetId, cancellationToken);
        var next = state with { Phase = CardPhase.None, IsWhole = false, HasUnknown = false, WholeDoneAt = state.WholeStartedAt };
        if (listed * 2 < active || state.HasUnknown)
        {
            await SaveAsync(session, 0, page => CardWriter.ForgetSeenAsync(page, cancellationToken), next, cancellationToken);
            return state.HasUnknown
                ? (next, SyncEnd.DoneBut("a card of the whole listing cannot be read, not even its article: none was taken off"))
                : (next, SyncEnd.Failed($"the whole listing named {listed} of {active} active articles: none was taken off"));
        }

        await SaveAsync(session, 0, page => CardWriter.DeactivateUnlistedAsync(page, cancellationToken), next, cancellationToken);
        return (next, null);
    }

    // The article number belongs to the exact instant; before it, any number may come.
    private static string? Earlier(string? at) => MarketplaceTime.Parse(at) is { } instant ? MarketplaceTime.ToUtc(instant - Overlap) : at;

    private static Task<ChangedRows> Nothing(PageTransaction page) => Task.FromResult(default(ChangedRows));

    private static Task SaveAsync(SyncSession session, int read, Func<PageTransaction, Task<ChangedRows>> write, CardState next, CancellationToken cancellationToken) =>
        session.CommitAsync(read, write, next, CardStateJsonContext.Default.CardState, cancellationToken);
}

/// <summary>Where cards and the trash stand; cursors are kept as they came.</summary>
internal sealed record CardState
{
    public CardPhase Phase { get; init; }
    public string? UpdatedAt { get; init; }
    public long? NmId { get; init; }
    public string? TrashedAt { get; init; }
    public long? TrashNmId { get; init; }

    /// <summary>The present pass lists everything, so that what it does not name is gone.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The present pass met a card of which not even the article can be read: it says nothing about what is gone.</summary>
    public bool HasUnknown { get; init; }

    public DateTimeOffset? WholeStartedAt { get; init; }
    public DateTimeOffset? WholeDoneAt { get; init; }
}

/// <summary>Steps of a pass over the cards. 0 = none is under way.</summary>
internal enum CardPhase
{
    None,
    List,
    Trash,
    Conclude,
}

/// <summary>The shape of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(CardState))]
internal sealed partial class CardStateJsonContext : JsonSerializerContext;
