using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Finds what is due, for the timer.</summary>
public sealed class SyncPlanner(MainDatabase main, TimeProvider time)
{
    private const string Due = """
        SELECT c.id::bigint, e.name
        FROM wb_cabinets c
        CROSS JOIN unnest($1) WITH ORDINALITY AS e (name, position)
        LEFT JOIN wb_sync_cursors s ON s.cabinet_id = c.id AND s.entity = e.name
        WHERE c.is_active AND ($4::bigint IS NULL OR c.id = $4)
            AND (c.api_key_cipher IS NOT NULL OR c.api_key IS NOT NULL)
            AND (c.token_rejected_at IS NULL OR c.token_rejected_at <= $3)
            AND (s.next_due_at IS NULL OR s.next_due_at <= $2) AND (s.not_before IS NULL OR s.not_before <= $2)
            AND (s.lease_expires_at IS NULL OR s.lease_expires_at <= clock_timestamp())
        ORDER BY c.id, e.position
        """;

    /// <summary>The active cabinets with something due, and what. One query.</summary>
    /// <param name="cabinetId">Only this cabinet; null = all.</param>
    public async Task<IReadOnlyList<DueSync>> DueAsync(long? cabinetId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = main.Source.CreateCommand(Due);
        command.Parameters.Add(Parameter.Of(SyncEntityNames.All.Select(SyncEntityNames.Name).ToArray()));
        command.Parameters.Add(Parameter.Of(now));
        command.Parameters.Add(Parameter.Of(now - DueRules.AfterRefusal));
        command.Parameters.Add(Parameter.Of(cabinetId));
        List<(long Cabinet, SyncEntity Entity)> due = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (SyncEntityNames.TryParse(reader.GetString(1), out var entity))
            {
                due.Add((reader.GetInt64(0), entity));
            }
        }

        return [.. due.GroupBy(pair => pair.Cabinet, (cabinet, pairs) => new DueSync(cabinet, [.. pairs.Select(pair => pair.Entity)]))];
    }
}

/// <summary>A cabinet with entities whose time has come.</summary>
/// <param name="Entities">At least one, in starting order.</param>
public sealed record DueSync(long CabinetId, IReadOnlyList<SyncEntity> Entities);
