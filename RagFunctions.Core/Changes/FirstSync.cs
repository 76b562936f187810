using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Changes;

/// <summary>
/// Tells whether a cabinet is being read for the first time: some entity that never succeeded is at work, is about to be, or has waited a moment
/// and goes on (between two pages nobody has its lease). An index made then would embed texts that the names, prices and ratings still to come
/// change at once. One that failed, is closed or waits longer holds nothing up, and after an hour nothing does. A new cabinet whose token is
/// stored here counts before its sync begins: the sweep and the timer of the sync fire in the same second.
/// </summary>
public sealed class FirstSync(MainDatabase main, TimeProvider time)
{
    /// <summary>A condition on cabinet <c>c</c>, where the sync's tables are.</summary>
    /// <remarks><c>$1</c>: business time, by which limits end.</remarks>
    internal const string UnderWay = """
        c.created_at > clock_timestamp() - interval '1 hour'
        AND (c.api_key_cipher IS NOT NULL OR EXISTS (SELECT FROM wb_sync_cursors AS begun WHERE begun.cabinet_id = c.id))
        AND EXISTS (
            SELECT FROM unnest(ARRAY['cards', 'prices', 'stocks', 'orders', 'sales', 'reviews']) AS e (name)
            LEFT JOIN wb_sync_cursors AS k ON k.cabinet_id = c.id AND k.entity = e.name
            WHERE k.last_success_at IS NULL
              AND (k.entity IS NULL OR k.lease_expires_at > clock_timestamp()
                   OR (COALESCE(k.last_outcome, 'waiting') = 'waiting' AND COALESCE(k.not_before, $1) <= $1 + interval '2 minutes')))
        """;

    private const string HasCursorTable = "SELECT to_regclass('wb_sync_cursors') IS NOT NULL";

    private const string IsUnderWay = $"SELECT EXISTS (SELECT FROM wb_cabinets AS c WHERE c.id = $2 AND {UnderWay})";

    /// <summary>False also where nothing is synchronised from here. Two round trips at most.</summary>
    public async Task<bool> IsUnderWayAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        if (!await HasCursorsAsync(connection, cancellationToken))
        {
            return false;
        }

        await using var command = new NpgsqlCommand(IsUnderWay, connection)
        {
            Parameters = { Parameter.Of(time.GetUtcNow()), Parameter.Of(cabinetId) },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Whether the sync's tables are in this database.</summary>
    internal static async Task<bool> HasCursorsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand(HasCursorTable, connection);
        return (bool)(await look.ExecuteScalarAsync(cancellationToken))!;
    }
}
