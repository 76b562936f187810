using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Status;

/// <summary>Reads how far each cabinet is on the way to the next generation of vectors.</summary>
public sealed class GenerationProgress(RagDatabase rag)
{
    /// <summary>Of chunks <c>m</c> all, those that have their vector of the next generation, and of the others those whose text could not be embedded.</summary>
    internal const string Counts = """
        count(m.id) AS total, count(m.id) FILTER (WHERE m.next_hash = m.chunk_hash) AS done,
        count(m.id) FILTER (WHERE m.next_error IS NOT NULL AND m.next_hash IS DISTINCT FROM m.chunk_hash) AS failed
        """;

    private const string Read = $"""
        SELECT s.cabinet_id, s.is_active, s.on_next, c.total, c.done, c.failed
        FROM rag_index_status AS s
        CROSS JOIN LATERAL (
            SELECT {Counts} FROM rag_metadata AS m WHERE m.cabinet_id = s.cabinet_id) AS c
        WHERE c.total > 0
        ORDER BY s.cabinet_id
        """;

    /// <summary>All cabinets that have chunks. One scan of all chunks.</summary>
    public async Task<IReadOnlyList<CabinetGeneration>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Read);
        command.CommandTimeout = 0;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<CabinetGeneration> cabinets = [];
        while (await row.ReadAsync(cancellationToken))
        {
            cabinets.Add(new CabinetGeneration(
                row.GetInt64(0), row.GetBoolean(1), row.GetBoolean(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)));
        }

        return cabinets;
    }
}

/// <summary>How far a cabinet is.</summary>
/// <param name="CabinetId">Whose.</param>
/// <param name="IsActive">Hidden cabinets have no runs: they do not move, and are embedded when they come back.</param>
/// <param name="OnNext">Its search is on the next generation.</param>
/// <param name="Chunks">Its chunks.</param>
/// <param name="Done">Those that have a vector of the next generation.</param>
/// <param name="Failed">Of the others, those whose text could not be embedded.</param>
public sealed record CabinetGeneration(long CabinetId, bool IsActive, bool OnNext, long Chunks, long Done, long Failed);
