using System.Runtime.CompilerServices;
using Npgsql;
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
