using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs.Sweep;

/// <summary>A rebuild of all cabinets that has begun and not ended.</summary>
/// <param name="BegunAt">By the clock of the index database: cabinets with a full run since then are done.</param>
/// <param name="IsWeekly">Cabinets that no longer exist are purged with it.</param>
public sealed record UnfinishedRebuild(DateTimeOffset BegunAt, bool IsWeekly);

/// <summary>
/// Remembers in the index database that all cabinets are being rebuilt. Durable's store may be in memory, or be emptied: what it has lost
/// the sweep takes up from here.
/// </summary>
public sealed class RebuildAllRecord(RagDatabase rag)
{
    private const string Begin = """
        INSERT INTO rag_rebuild_all AS r (is_weekly, begun_at) VALUES ($1, clock_timestamp())
        ON CONFLICT (only_row) DO UPDATE SET is_weekly = excluded.is_weekly, begun_at = excluded.begun_at, ended_at = NULL
        RETURNING begun_at
        """;

    private const string End = "UPDATE rag_rebuild_all SET ended_at = clock_timestamp() WHERE ended_at IS NULL";

    private const string Unfinished = "SELECT begun_at, is_weekly FROM rag_rebuild_all WHERE ended_at IS NULL";

    /// <summary>A rebuild begins; one that had not ended is forgotten, since this one does the same.</summary>
    /// <returns>The instant from which on a full run counts.</returns>
    public async Task<DateTimeOffset> BeginAsync(bool isWeekly, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Begin);
        command.Parameters.Add(Parameter.Of<bool>(isWeekly));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }

    /// <summary>It has ended, or was ended by a person.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(End);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The one that has not ended.</summary>
    public async Task<UnfinishedRebuild?> FindUnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Unfinished);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new UnfinishedRebuild(reader.GetFieldValue<DateTimeOffset>(0), reader.GetBoolean(1))
            : null;
    }
}
