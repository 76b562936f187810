using System.ComponentModel.DataAnnotations;
using System.Globalization;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Embeddings;

/// <summary>What embedding may cost. Checked at start.</summary>
public sealed class BudgetsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Budgets";

    /// <summary>US dollars that all cabinets together may spend in a day (UTC); null = no limit.</summary>
    [Range(0, 1_000_000, ErrorMessage = "Budgets:DailyUsd must be between 0 and 1000000, or absent.")]
    public decimal? DailyUsd { get; set; }
}

/// <summary>What a cabinet may spend on embedding in a day (UTC).</summary>
public sealed class CabinetBudgets(RagDatabase rag)
{
    private const string Set = """
        INSERT INTO rag_budgets (cabinet_id, daily_usd) VALUES ($1, $2)
        ON CONFLICT (cabinet_id) DO UPDATE SET daily_usd = EXCLUDED.daily_usd
        """;

    private const string Remove = "DELETE FROM rag_budgets WHERE cabinet_id = $1";

    private const string Read = $"""
        SELECT (SELECT daily_usd FROM rag_budgets WHERE cabinet_id = $1),
               COALESCE((SELECT sum(usd) FROM ({EmbeddingPayments.SpentToday}) AS today WHERE cabinet_id = $1), 0)
        """;

    /// <summary>Sets the budget; null removes it.</summary>
    public async Task SetAsync(long cabinetId, decimal? dailyUsd, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(dailyUsd is null ? Remove : Set);
        command.Parameters.Add(Parameter.Of(cabinetId));
        if (dailyUsd is { } usd)
        {
            command.Parameters.Add(Parameter.Of(usd));
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The budget, and what is spent of it today.</summary>
    public async Task<(decimal? DailyUsd, decimal SpentUsd)> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Read);
        command.Parameters.Add(Parameter.Of(cabinetId));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.IsDBNull(0) ? null : row.GetDecimal(0), row.GetDecimal(1));
    }
}

/// <summary>What is told of a budget.</summary>
internal static class BudgetText
{
    /// <summary>Why nothing may be sent any more today.</summary>
    public static string Reached(decimal dailyUsd, bool ofAll) => string.Create(
        CultureInfo.InvariantCulture,
        $"the daily budget of ${dailyUsd:0.########} ({(ofAll ? "Budgets:DailyUsd" : "rag cabinet budget")}) is spent: embedding waits until 00:00 UTC");
}
