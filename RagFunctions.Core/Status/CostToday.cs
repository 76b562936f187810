namespace RagFunctions.Core.Status;

/// <summary>
/// What cabinets <c>a (cabinet_id)</c> cost since midnight UTC, as parts of the statements that list cabinets, so that no two lists differ. The
/// day is the database's: a worker whose clock is wrong does not change it.
/// </summary>
internal static class CostToday
{
    /// <summary>Joins <c>t</c>: <c>inputs</c>, <c>cost_usd</c> and their naive counterparts of the runs that ended today; NULLs where none did.</summary>
    public const string OfRuns = """
        LEFT JOIN (
            SELECT cabinet_id, sum(inputs) AS inputs, sum(naive_inputs) AS naive_inputs, sum(cost_usd) AS cost_usd, sum(naive_cost_usd) AS naive_cost_usd
            FROM rag_run_hours WHERE hour >= date_trunc('day', clock_timestamp(), 'UTC') GROUP BY cabinet_id) AS t ON t.cabinet_id = a.cabinet_id
        """;

    /// <summary>Joins <c>u</c>: <c>questions</c> and <c>cost_usd</c> of searches; NULLs where nobody asked.</summary>
    public const string OfQuestions =
        "LEFT JOIN rag_question_costs AS u ON u.cabinet_id = a.cabinet_id AND u.day = (clock_timestamp() AT TIME ZONE 'UTC')::date";
}
