using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>
/// Refuses to empty an index because the source looks empty: a half-loaded table, a wrong connection string, a truncated copy.
/// It judges one entity of one cabinet at a time and only says; the caller deletes or does not.
/// </summary>
public static class MassDeleteGuard
{
    /// <summary>Below this many indexed rows everything may go: a small index is cheap to rebuild.</summary>
    public const long MinIndexedRows = 100;

    /// <summary>Fewer rows than this about to go at once are not worth judging in a run over the queue.</summary>
    public const int WorthJudging = 50;

    // Nearly always all are there: counting tells that for less than comparing.
    private static readonly Dictionary<Entity, string> CountAbsent = EntityNames.All.ToDictionary(
        entity => entity,
        entity => $"""
        SELECT (SELECT count(*) FROM rag_changes WHERE cabinet_id = $1 AND source_table = $2)
             - (SELECT count(*) FROM {entity.TableName()}
                WHERE cabinet_id = $1
                  AND id = ANY (ARRAY(SELECT source_id FROM rag_changes WHERE cabinet_id = $1 AND source_table = $2)))
        """);

    // Sets, not a join: on a queue without statistics the planner joined every queued row with every source row.
    private static readonly Dictionary<Entity, string> AbsentIds = EntityNames.All.ToDictionary(
        entity => entity,
        entity => $"""
        SELECT source_id FROM rag_changes WHERE cabinet_id = $1 AND source_table = $2
        EXCEPT
        SELECT id::bigint FROM {entity.TableName()}
        WHERE cabinet_id = $1
          AND id = ANY (ARRAY(SELECT source_id FROM rag_changes WHERE cabinet_id = $1 AND source_table = $2))
        """);

    private const string CountIndexed = """
        SELECT count(DISTINCT source_id), count(DISTINCT source_id) FILTER (WHERE source_id = ANY ($3))
        FROM rag_metadata
        WHERE cabinet_id = $1 AND source_table = $2
        """;

    /// <summary>
    /// The rule: the index holds at least <see cref="MinIndexedRows"/> rows of the entity and fewer than half of them would stay.
    /// </summary>
    public static bool Blocks(long indexedRows, long stayingRows) => indexedRows >= MinIndexedRows && stayingRows * 2 < indexedRows;

    /// <summary>
    /// For a run over the queue: would deleting every indexed row that is named in the queue and absent from the source break the
    /// rule? Rows that are there but not eligible do not count.
    /// </summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="rag">An open connection to the index.</param>
    /// <param name="entity">Whose rows.</param>
    /// <returns>The numbers, and whether they block.</returns>
    /// <remarks>Every round deletes expired chunks before it plans, so what the index holds is unexpired.</remarks>
    public static async Task<GuardVerdict> JudgeQueueAsync(
        NpgsqlConnection main, NpgsqlConnection rag, Entity entity, long cabinetId, CancellationToken cancellationToken)
    {
        await using var count = Command(main, CountAbsent[entity], entity, cabinetId);
        if ((long)(await count.ExecuteScalarAsync(cancellationToken))! < WorthJudging)
        {
            // Fewer than half of the smallest index that is guarded at all: the rule cannot hold, whatever the index has.
            return default;
        }

        var absent = await AbsentAsync(main, entity, cabinetId, cancellationToken);
        await using var command = Command(rag, CountIndexed, entity, cabinetId);
        command.Parameters.Add(Parameter.Of<long[]>(absent));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var indexed = reader.GetInt64(0);
        return GuardVerdict.Of(entity, indexed, indexed - reader.GetInt64(1));
    }

    /// <summary>For a full run: how many indexed rows does the source still offer as eligible? Exact, over all ids, in constant memory.</summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="rag">An open connection to the index.</param>
    /// <param name="entity">Whose rows.</param>
    /// <param name="asOf">The instant eligibility is measured at; chunks expired by then do not count.</param>
    /// <returns>The numbers, and whether they block.</returns>
    public static async Task<GuardVerdict> JudgeAllAsync(
        NpgsqlConnection main, NpgsqlConnection rag, Entity entity, long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        long indexed = 0;
        long staying = 0;
        await foreach (var row in MergedRowIds.ReadAsync(main, rag, entity, cabinetId, asOf, cancellationToken))
        {
            indexed += row.InIndex ? 1 : 0;
            staying += row.InIndex && row.InSource ? 1 : 0;
        }

        return GuardVerdict.Of(entity, indexed, staying);
    }

    private static async Task<long[]> AbsentAsync(NpgsqlConnection main, Entity entity, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = Command(main, AbsentIds[entity], entity, cabinetId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
        }

        return [.. ids];
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Entity entity, long cabinetId) => new(sql, connection)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<string>(entity.TableName()),
        },
    };
}

/// <summary>What the guard against mass deletion found for one entity.</summary>
/// <param name="Blocks">Nothing of the entity may be deleted.</param>
/// <param name="Numbers">Rows the index holds and how many of them would stay; set when it blocks.</param>
public readonly record struct GuardVerdict(bool Blocks, BlockedEntity Numbers)
{
    internal static GuardVerdict Of(Entity entity, long indexedRows, long stayingRows) =>
        new(MassDeleteGuard.Blocks(indexedRows, stayingRows), new BlockedEntity(entity, indexedRows, stayingRows));
}

/// <summary>The guard against mass deletion held: what the operator needs to judge it.</summary>
/// <param name="Entity">Whose chunks were kept.</param>
/// <param name="IndexedRows">Rows of the entity the index holds.</param>
/// <param name="EligibleRows">How many of those the source still offers.</param>
public sealed record BlockedEntity(Entity Entity, long IndexedRows, long EligibleRows);
