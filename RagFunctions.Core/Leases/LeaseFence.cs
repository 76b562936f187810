using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Leases;

/// <summary>What a transaction that writes a cabinet's index asks first: is the round still the one that holds the lease?</summary>
internal static class LeaseFence
{
    // A stalled holder must not keep others for ever: its session ends, and with it the locks.
    private const string LockTimeout = "SET LOCAL lock_timeout = '30s'";
    private const string StallTimeout = "SET LOCAL idle_in_transaction_session_timeout = '60s'";

    // Taking over locks the row FOR UPDATE and so waits for every transaction that passed here; a heartbeat does not.
    private const string CheckToken =
        "SELECT allow_mass_delete FROM rag_index_status WHERE cabinet_id = $1 AND lease_token = $2 FOR KEY SHARE";

    private const string LockRange = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

    /// <summary>
    /// First statements of the transaction, one round trip: checks the token and holds it until the transaction ends, then waits for
    /// another delivery of the same piece of work to end.
    /// </summary>
    /// <param name="transaction">Just begun.</param>
    /// <param name="token">The round's token.</param>
    /// <param name="work">Names the piece of work, the same for each delivery of it.</param>
    /// <returns>Null: superseded. Else whether the stored request allows mass deletion.</returns>
    public static async Task<bool?> EnterAsync(
        NpgsqlTransaction transaction, long cabinetId, long token, string work, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(LockTimeout),
                new NpgsqlBatchCommand(StallTimeout),
                new NpgsqlBatchCommand(CheckToken)
                {
                    Parameters =
                    {
                        Parameter.Of<long>(cabinetId),
                        Parameter.Of<long>(token),
                    },
                },
                new NpgsqlBatchCommand(LockRange) { Parameters = { Parameter.Of<string>(work) } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        bool? allowMassDelete = await reader.ReadAsync(cancellationToken) ? reader.GetBoolean(0) : null;
        await reader.NextResultAsync(cancellationToken);
        return allowMassDelete;
    }
}
