using Npgsql;
using RagFunctions.Core.Chunks;

namespace RagFunctions.Core.Store;

/// <summary>
/// Writes a page of which a row cannot be written: found by halving, as one that cannot be read; the others are written.
/// </summary>
/// <param name="transaction">The page's transaction.</param>
/// <param name="entity">Whose chunks.</param>
/// <param name="cabinetId">The tenant.</param>
/// <param name="failed">Gets the rows that cannot be written, with the reason.</param>
internal sealed class UnwritableRow(NpgsqlTransaction transaction, Entity entity, long cabinetId, Dictionary<long, string> failed)
{
    private const string Before = "before_rows";

    // A value that the database cannot hold, a constraint or a trigger of somebody else, a limit of the program.
    private static readonly string[] Kinds = ["22", "23", "P0001", "54"];

    /// <summary>True when writing fewer rows may succeed.</summary>
    public static bool Explains(PostgresException error) =>
        Array.Exists(Kinds, kind => error.SqlState.StartsWith(kind, StringComparison.Ordinal));

    /// <summary>Writes what can be written; what cannot is taken out of the difference.</summary>
    public async Task WriteOthersAsync(ChunkComparison difference, bool deleteGone, CancellationToken cancellationToken)
    {
        List<(RenderedRow Row, RenderedChunk Chunk)> changed = [.. difference.Changed];
        difference.Changed.Clear();
        await ChunkWriter.WriteAsync(transaction, entity, cabinetId, difference, deleteGone, cancellationToken);
        await WriteAsync(changed, cancellationToken);
        difference.Changed.AddRange(changed.Where(one => !failed.ContainsKey(one.Row.SourceId)));
    }

    private async Task WriteAsync(List<(RenderedRow Row, RenderedChunk Chunk)> changed, CancellationToken cancellationToken)
    {
        if (changed.Count == 0)
        {
            return;
        }

        await transaction.SaveAsync(Before, cancellationToken);
        try
        {
            await ChunkWriter.WriteAsync(transaction, entity, cabinetId, changed, cancellationToken);
            await transaction.ReleaseAsync(Before, cancellationToken);
            return;
        }
        catch (PostgresException error) when (Explains(error))
        {
            await transaction.RollbackAsync(Before, cancellationToken);
            await transaction.ReleaseAsync(Before, cancellationToken);
            long[] rows = [.. changed.Select(one => one.Row.SourceId).Distinct()];
            if (rows.Length == 1)
            {
                failed[rows[0]] = $"cannot be written: PostgreSQL error {error.SqlState}";
                return;
            }

            var middle = rows[rows.Length / 2];
            await WriteAsync([.. changed.Where(one => one.Row.SourceId < middle)], cancellationToken);
            await WriteAsync([.. changed.Where(one => one.Row.SourceId >= middle)], cancellationToken);
        }
    }
}
