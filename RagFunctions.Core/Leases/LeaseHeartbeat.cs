using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Leases;

/// <summary>Keeps the lease of a running round alive and tells whether it is still held.</summary>
public static class LeaseHeartbeat
{
    // The length of the lease is what Begin gave it. A released lease (no owner) is nobody's: a straggler neither revives it nor works on.
    private const string Renew =
        """
        WITH held AS (
            SELECT cabinet_id, lease_heartbeat_at AS beat, lease_expires_at - lease_heartbeat_at AS length
            FROM rag_index_status
            WHERE cabinet_id = $1 AND lease_token = $2 AND lease_owner IS NOT NULL
        ), renewed AS (
            UPDATE rag_index_status s
            SET lease_heartbeat_at = clock_timestamp(), lease_expires_at = clock_timestamp() + h.length
            FROM held h
            WHERE s.cabinet_id = h.cabinet_id AND s.lease_token = $2 AND s.lease_owner IS NOT NULL
              AND h.beat < clock_timestamp() - h.length / 3
        )
        SELECT EXISTS (SELECT FROM held)
        """;

    /// <summary>
    /// False when the token is no longer the cabinet's, or its round is over: the caller must stop. Writes only when the last
    /// heartbeat is older than a third of the lease. One round trip.
    /// </summary>
    public static async Task<bool> RenewAsync(NpgsqlConnection connection, long cabinetId, long token, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Renew, connection) { Parameters = { Parameter.Of(cabinetId), Parameter.Of(token) } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
