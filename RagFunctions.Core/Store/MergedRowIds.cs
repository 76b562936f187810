using System.Runtime.CompilerServices;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>A row id and where it was found.</summary>
/// <param name="Id">Row primary key.</param>
/// <param name="InSource">The source offers it as eligible.</param>
/// <param name="InIndex">The index holds it.</param>
internal readonly record struct MergedRowId(long Id, bool InSource, bool InIndex);

/// <summary>Source and index side by side, in constant memory.</summary>
internal static class MergedRowIds
{
    /// <summary>Every id that the source offers or the index holds, ascending, each once. Both connections are busy until the end.</summary>
    public static async IAsyncEnumerable<MergedRowId> ReadAsync(
        NpgsqlConnection main, NpgsqlConnection rag, Entity entity, long cabinetId, DateTimeOffset asOf,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var source = SourceReader.ReadIdsAsync(main, entity, cabinetId, asOf, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var index = IndexedRowIds.ReadAsync(rag, entity, cabinetId, asOf, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var inSource = await source.MoveNextAsync();
        var inIndex = await index.MoveNextAsync();
        while (inSource || inIndex)
        {
            var order = !inIndex ? -1 : !inSource ? 1 : source.Current.CompareTo(index.Current);
            yield return new MergedRowId(order <= 0 ? source.Current : index.Current, order <= 0, order >= 0);
            if (order <= 0)
            {
                inSource = await source.MoveNextAsync();
            }

            if (order >= 0)
            {
                inIndex = await index.MoveNextAsync();
            }
        }
    }
}

/// <summary>Which source rows the index holds.</summary>
internal static class IndexedRowIds
{
    // Expired ones are few or none, and found by their own index: so the ids come from the unique index alone, without the rows.
    private const string Ids = """
        SELECT DISTINCT m.source_id
        FROM rag_metadata AS m
        WHERE m.cabinet_id = $1 AND m.source_table = $2
          AND m.source_id NOT IN (
              SELECT e.source_id FROM rag_metadata AS e WHERE e.cabinet_id = $1 AND e.expires_at <= $3 AND e.source_table = $2)
        ORDER BY m.source_id
        """;

    /// <summary>Their ids in ascending order, expired ones left out, streamed. The connection is busy until the end.</summary>
    public static async IAsyncEnumerable<long> ReadAsync(
        NpgsqlConnection rag, Entity entity, long cabinetId, DateTimeOffset asOf,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Ids, rag)
        {
            Parameters =
            {
                Parameter.Of<long>(cabinetId),
                Parameter.Of<string>(entity.TableName()),
                Parameter.Of<DateTime>(asOf.UtcDateTime),
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return reader.GetInt64(0);
        }
    }
}
