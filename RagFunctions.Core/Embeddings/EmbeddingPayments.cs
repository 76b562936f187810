using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// The book of what the provider is paid. A request is entered by its estimate before it is sent and by its price when it is answered; one
/// without an answer keeps its estimate, because nobody knows whether it is on the bill. So money that is spent is booked before anything
/// is stored, and also when the process dies.
/// </summary>
public sealed class EmbeddingPayments(RagDatabase rag, IOptions<BudgetsOptions> budgets)
{
    /// <summary>
    /// What is spent today, questions included, as a query: <c>cabinet_id</c>, <c>usd</c>, several rows for a cabinet. A subquery gives the
    /// day, so that all tables are read through their indexes.
    /// </summary>
    internal const string SpentToday =
        """
        SELECT cabinet_id, usd FROM rag_spend WHERE day = (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date)
        UNION ALL
        SELECT cabinet_id, estimated_usd FROM rag_open_requests WHERE day = (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date)
        UNION ALL
        SELECT cabinet_id, cost_usd FROM rag_question_costs WHERE day = (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date)
        """;

    // $1 request, $2 cabinet, $3 run, $4 texts, $5 tokens and $6 dollars by estimate, $7 budget of all cabinets together or null.
    // Workers that ask at the same moment do not see each other's entry: each of them may go over the budget by one request.
    private const string Open =
        $"""
        WITH spent AS (
            SELECT COALESCE(sum(usd), 0) AS everybody, COALESCE(sum(usd) FILTER (WHERE cabinet_id = $2), 0) AS own
            FROM ({SpentToday}) AS today
            WHERE cabinet_id = $2 OR $7::numeric IS NOT NULL
        ), judged AS (
            SELECT CASE WHEN spent.everybody >= $7 THEN $7 WHEN spent.own >= b.daily_usd THEN b.daily_usd END AS reached,
                   spent.everybody >= $7 AS by_all
            FROM spent LEFT JOIN rag_budgets AS b ON b.cabinet_id = $2
        ), entered AS (
            INSERT INTO rag_open_requests (id, day, cabinet_id, run_id, inputs, estimated_tokens, estimated_usd)
            SELECT $1, (clock_timestamp() AT TIME ZONE 'UTC')::date, $2, $3, $4, $5, $6 FROM judged WHERE reached IS NULL
        )
        SELECT reached, COALESCE(by_all, false) FROM judged
        """;

    // A repetition finds no open request and books nothing.
    private const string Settle =
        """
        WITH answered AS (
            DELETE FROM rag_open_requests WHERE id = $1 RETURNING day, cabinet_id
        )
        INSERT INTO rag_spend AS s (day, cabinet_id, requests, inputs, tokens, usd)
        SELECT day, cabinet_id, 1, $2, $3, $4 FROM answered
        ON CONFLICT (day, cabinet_id) DO UPDATE
        SET requests = s.requests + 1, inputs = s.inputs + EXCLUDED.inputs, tokens = s.tokens + EXCLUDED.tokens, usd = s.usd + EXCLUDED.usd
        """;

    // Each try may be on the bill.
    private const string Lose =
        """
        UPDATE rag_open_requests
        SET lost_at = clock_timestamp(), estimated_tokens = estimated_tokens * $2, estimated_usd = estimated_usd * $2
        WHERE id = $1 AND lost_at IS NULL
        """;

    /// <summary>Enters a request before it is sent. One round trip.</summary>
    /// <param name="request">Made by the caller.</param>
    /// <returns>Null: it may be sent. Else it may not, and this says which budget is reached.</returns>
    public async Task<string?> OpenAsync(OpenRequest request, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Open);
        command.Parameters.Add(Parameter.Of(request.Id));
        command.Parameters.Add(Parameter.Of(request.CabinetId));
        command.Parameters.Add(Parameter.Of(request.RunId));
        command.Parameters.Add(Parameter.Of(request.Inputs));
        command.Parameters.Add(Parameter.Of(request.EstimatedTokens));
        command.Parameters.Add(Parameter.Of(request.EstimatedUsd));
        command.Parameters.Add(Parameter.Of(budgets.Value.DailyUsd));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return row.IsDBNull(0) ? null : BudgetText.Reached(row.GetDecimal(0), row.GetBoolean(1));
    }

    /// <summary>Books what an answered request has cost; zeros for one that was refused. A repetition changes nothing.</summary>
    public Task SettleAsync(Guid request, long inputs, long tokens, decimal usd, CancellationToken cancellationToken) =>
        ExecuteAsync(Settle, [Parameter.Of(request), Parameter.Of(inputs), Parameter.Of(tokens), Parameter.Of(usd)], cancellationToken);

    /// <summary>Notes that a request was sent and will not be answered: it keeps its estimate. A repetition changes nothing.</summary>
    /// <param name="tries">How often it was sent.</param>
    public Task LoseAsync(Guid request, int tries, CancellationToken cancellationToken) =>
        ExecuteAsync(Lose, [Parameter.Of(request), Parameter.Of(tries)], cancellationToken);

    private async Task ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>An embedding request that is about to be sent.</summary>
/// <param name="Inputs">Texts in it.</param>
/// <param name="EstimatedTokens">What they probably have.</param>
/// <param name="EstimatedUsd">What that costs.</param>
public sealed record OpenRequest(Guid Id, long CabinetId, Guid RunId, long Inputs, long EstimatedTokens, decimal EstimatedUsd);
