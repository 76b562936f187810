using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;

namespace RagFunctions.Core.Status;

/// <summary>Reads what belongs to one cabinet and is not its index: who it is, its sync, its money. One round trip to each database.</summary>
public sealed class CabinetDetailReader(MainDatabase main, RagDatabase rag, IOptions<BudgetsOptions> budgets)
{
    private const string Identity = """
        SELECT c.name, c.is_active, c.token_rejected_at, c.last_sync_at FROM wb_cabinets AS c WHERE c.id = $1
        """;

    private const string Entities = """
        SELECT k.entity, k.state::text AS cursor, k.next_due_at, k.not_before, k.last_success_at, k.last_outcome, k.last_error, k.failures,
               COALESCE(k.lease_expires_at > clock_timestamp(), false) AS is_running,
               (SELECT count(*) FROM wb_sync_rejects AS r WHERE r.cabinet_id = k.cabinet_id AND r.entity = k.entity) AS rejects
        FROM wb_sync_cursors AS k
        WHERE k.cabinet_id = $1
        ORDER BY array_position(ARRAY['cards', 'prices', 'stocks', 'orders', 'sales', 'reviews'], k.entity::text), k.entity
        """;

    private const string Money = $"""
        WITH today AS ({EmbeddingPayments.SpentToday})
        SELECT (SELECT daily_usd FROM rag_budgets WHERE cabinet_id = $1) AS daily_usd,
               COALESCE((SELECT sum(usd) FROM today WHERE cabinet_id = $1), 0) AS spent,
               $2::numeric IS NOT NULL AND COALESCE((SELECT sum(usd) FROM today), 0) >= $2 AS all_spent,
               COALESCE((SELECT questions FROM rag_question_costs WHERE cabinet_id = $1 AND day = (clock_timestamp() AT TIME ZONE 'UTC')::date), 0) AS questions,
               COALESCE((SELECT cost_usd FROM rag_question_costs WHERE cabinet_id = $1 AND day = (clock_timestamp() AT TIME ZONE 'UTC')::date), 0) AS question_usd,
               (SELECT model FROM rag_embedder) AS model, (SELECT dimensions FROM rag_embedder) AS dimensions
        """;

    /// <summary>Reads it; null: there is no such cabinet.</summary>
    public async Task<CabinetDetail?> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Money);
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(budgets.Value.DailyUsd));
        await using var batch = main.Source.CreateBatch();
        foreach (var sql in (string[])[Identity, Entities])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Parameter.Of(cabinetId) } });
        }

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return null;
        }

        var detail = new CabinetDetail
        {
            CabinetId = cabinetId,
            Name = row.Of<string?>("name"),
            IsActive = row.Of<bool>("is_active"),
            TokenRejectedAt = row.Of<DateTimeOffset?>("token_rejected_at"),
            LastSyncAt = row.Of<DateTimeOffset?>("last_sync_at"),
        };
        await row.NextResultAsync(cancellationToken);
        List<SyncStanding> sync = [];
        while (await row.ReadAsync(cancellationToken))
        {
            sync.Add(Entity(row));
        }

        await using var money = await command.ExecuteReaderAsync(cancellationToken);
        await money.ReadAsync(cancellationToken);
        return detail with
        {
            Sync = sync,
            Budget = new CabinetMoney(
                money.Of<decimal?>("daily_usd"), money.Of<decimal>("spent"), money.Of<bool>("all_spent"), money.Of<long>("questions"),
                money.Of<decimal>("question_usd")),
            Model = money.Of<string?>("model") is { } model ? new BoardModel(model, money.Of<int>("dimensions")) : null,
        };
    }

    private static SyncStanding Entity(NpgsqlDataReader row) => new(
        row.Of<string>("entity"), row.Of<string?>("last_outcome"), row.Of<bool>("is_running"), row.Of<DateTimeOffset?>("last_success_at"),
        row.Of<DateTimeOffset?>("next_due_at"), row.Of<DateTimeOffset?>("not_before"), row.Of<int>("failures"), row.Of<string?>("last_error"),
        row.Of<long>("rejects"), row.Of<string>("cursor"));
}

/// <summary>A cabinet beside its index.</summary>
public sealed record CabinetDetail
{
    /// <summary>Its id.</summary>
    public required long CabinetId { get; init; }

    /// <summary>What it is called.</summary>
    public string? Name { get; init; }

    /// <summary>False: hidden from search, no runs.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Since when the marketplace rejects its token; null: it does not.</summary>
    public DateTimeOffset? TokenRejectedAt { get; init; }

    /// <summary>When an entity was last read to its end.</summary>
    public DateTimeOffset? LastSyncAt { get; init; }

    /// <summary>Its entities in the order in which they are started; empty: it is not synchronised from the marketplace.</summary>
    public IReadOnlyList<SyncStanding> Sync { get; init; } = [];

    /// <summary>What it may spend and has spent today.</summary>
    public CabinetMoney? Budget { get; init; }

    /// <summary>The model of the vectors; null: none is stored yet.</summary>
    public BoardModel? Model { get; init; }
}

/// <summary>How the sync of an entity stands.</summary>
/// <param name="Entity"><c>cards</c>, <c>prices</c>, <c>stocks</c>, <c>orders</c>, <c>sales</c> or <c>reviews</c>.</param>
/// <param name="Outcome">Of the last sync: <c>ok</c>, <c>waiting</c>, <c>rejected</c>, <c>forbidden</c> or <c>failed</c>; null: none has ended.</param>
/// <param name="IsRunning">A worker reads it now.</param>
/// <param name="LastSuccessAt">When it was last read to its end.</param>
/// <param name="NextDueAt">Its next time; null: at once.</param>
/// <param name="NotBefore">The end of a wait; null: none.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="Error">Why the last one was not all well.</param>
/// <param name="Rejects">Rows kept aside.</param>
/// <param name="Cursor">How far it is read: JSON, in the entity's own shape.</param>
public sealed record SyncStanding(
    string Entity, string? Outcome, bool IsRunning, DateTimeOffset? LastSuccessAt, DateTimeOffset? NextDueAt, DateTimeOffset? NotBefore, int Failures,
    string? Error, long Rejects, string Cursor);

/// <summary>What a cabinet may spend and has spent today (UTC).</summary>
/// <param name="DailyUsd">Its own budget; null: none.</param>
/// <param name="SpentUsd">What counts against it, requests on their way included.</param>
/// <param name="AllSpent">The budget of all cabinets together is spent.</param>
/// <param name="Questions">Questions of searches that were embedded.</param>
/// <param name="QuestionUsd">What they cost; not part of the budget.</param>
public sealed record CabinetMoney(decimal? DailyUsd, decimal SpentUsd, bool AllSpent, long Questions, decimal QuestionUsd);
