using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>One sync of one entity of one cabinet, while it holds the lease.</summary>
internal sealed class SyncSession(MainDatabase main, MarketplaceAccess access, SyncLease lease, DateTimeOffset now)
{
    private string _state = lease.State;

    public MarketplaceAccess Access { get; } = access;

    public long CabinetId => Access.CabinetId;

    /// <summary>Business time at the start.</summary>
    public DateTimeOffset Now { get; } = now;

    public long Read { get; private set; }

    public long Inserted { get; private set; }

    public long Updated { get; private set; }

    /// <summary>Rows kept aside.</summary>
    public long Rejected { get; private set; }

    /// <summary>Rows of the entity are kept aside, now or since earlier.</summary>
    public bool HasRejects => lease.HasRejects || Rejected > 0;

    /// <summary>What the last page left, or the initial state.</summary>
    public T State<T>(JsonTypeInfo<T> type)
        where T : class, new() => JsonSerializer.Deserialize(_state, type) ?? new T();

    /// <summary>
    /// Writes a page, its announcements, the rows that have to be kept aside and the cursor after it in one transaction, or nothing of it.
    /// Where the database refuses what a row holds, that row is kept aside too and the others are written.
    /// </summary>
    /// <param name="answer">What the marketplace sent.</param>
    /// <param name="write">Writes rows and returns what changed.</param>
    /// <param name="next">The state to go on from.</param>
    /// <param name="type">Its JSON shape.</param>
    /// <param name="cancellationToken">Cancels; then nothing was written.</param>
    /// <exception cref="SyncLeaseLostException">Another worker took over.</exception>
    public async Task CommitAsync<TRow, TState>(
        AnswerPage<TRow> answer, Func<PageTransaction, IReadOnlyList<TRow>, Task<ChangedRows>> write, TState next, JsonTypeInfo<TState> type,
        CancellationToken cancellationToken)
        where TRow : IMarketplaceRow
    {
        List<RejectedRow> rejects = [.. answer.Rejects];
        async Task<ChangedRows> StoreAsync(PageTransaction page, bool each)
        {
            rejects = [.. answer.Rejects];
            var changed = each
                ? await RejectWriter.WriteEachAsync(page, answer.Rows, write, rejects, cancellationToken)
                : await write(page, answer.Rows);
            var refused = rejects.Select(reject => reject.Key).ToHashSet(StringComparer.Ordinal);
            await RejectWriter.StoreAsync(
                page, lease, rejects, answer.Rows.Select(row => row.Key).Where(key => !refused.Contains(key)), Now, cancellationToken);
            return changed;
        }

        try
        {
            await CommitAsync(answer.Count, page => StoreAsync(page, each: false), next, type, cancellationToken);
        }
        catch (PostgresException refusal) when (RejectWriter.IsOfRow(refusal))
        {
            await CommitAsync(answer.Count, page => StoreAsync(page, each: true), next, type, cancellationToken);
        }

        Rejected += rejects.Count;
    }

    /// <summary>Writes something else than a page of rows, and the cursor after it, in one transaction, or nothing of it.</summary>
    /// <param name="read">Rows the marketplace sent.</param>
    /// <param name="write">Writes and returns what changed.</param>
    /// <param name="next">The state to go on from.</param>
    /// <param name="type">Its JSON shape.</param>
    /// <param name="cancellationToken">Cancels; then nothing was written.</param>
    /// <exception cref="SyncLeaseLostException">Another worker took over.</exception>
    public async Task CommitAsync<T>(int read, Func<PageTransaction, Task<ChangedRows>> write, T next, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var state = JsonSerializer.Serialize(next, type);
        // Cards, prices and ratings of one cabinet are written at the same time, to the same rows in different orders.
        var changed = await DatabaseRetries.Writing.ExecuteAsync(
            async token =>
            {
                await using var connection = await main.Source.OpenConnectionAsync(token);
                await using var transaction = await connection.BeginTransactionAsync(token);
                // First, because it locks: a second worker of the same entity waits here and then finds the lease gone.
                await SyncCursorStore.SaveAsync(connection, transaction, lease, state, token);
                var rows = await write(new PageTransaction(connection, transaction, CabinetId));
                await transaction.CommitAsync(token);
                return rows;
            },
            cancellationToken);
        _state = state;
        Read += read;
        Inserted += changed.Inserted;
        Updated += changed.Count - changed.Inserted;
    }

    /// <summary>Asks the main database something.</summary>
    public NpgsqlCommand Command(string sql) => main.Source.CreateCommand(sql);
}
