using System.Runtime.CompilerServices;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Source;

/// <summary>
/// Reads source rows as they are now, each read one statement and one round trip. The same columns, eligibility and catalogue
/// name in every mode, so that a row's text never depends on how a run was started. Stateless; the connection is the caller's.
/// </summary>
public static class SourceReader
{
    /// <summary>The ids of all eligible rows of the cabinet in ascending order, streamed. The connection is busy until the end.</summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="entity">Whose table.</param>
    /// <param name="asOf">The instant the 90 days are measured at.</param>
    public static async IAsyncEnumerable<long> ReadIdsAsync(
        NpgsqlConnection main, Entity entity, long cabinetId, DateTimeOffset asOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Command(main, SourceTable.Of(entity).Ids, cabinetId, asOf);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return reader.GetInt64(0);
        }
    }

    /// <summary>The row if it is there and not eligible, whatever its other columns hold.</summary>
    internal static async Task<IneligibleRow?> FindIneligibleAsync(
        NpgsqlConnection main, Entity entity, long cabinetId, long id, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = Command(main, SourceTable.Of(entity).IfIneligible, cabinetId, asOf);
        command.Parameters.Add(Parameter.Of<long>(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new IneligibleRow(id, await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetInt64(0))
            : null;
    }

    /// <summary>The named rows of one cabinet, in whatever order and however often named.</summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="entity">Whose table.</param>
    /// <param name="cabinetId">The tenant; a row of another one counts as not there.</param>
    /// <param name="ids">Primary keys.</param>
    /// <param name="asOf">The instant the 90 days are measured at.</param>
    /// <param name="make">Of each eligible row only what this makes of it is kept, nothing where that is null.</param>
    /// <exception cref="OverflowException">A number of some row does not fit in a decimal. The connection stays usable; read fewer ids to find the row.</exception>
    public static async Task<SourceBatch<T>> ReadByIdsAsync<T>(
        NpgsqlConnection main, Entity entity, long cabinetId, long[] ids, DateTimeOffset asOf, Func<SourceRow, T?> make,
        CancellationToken cancellationToken)
        where T : class
    {
        var table = SourceTable.Of(entity);
        await using var command = Command(main, table.ByIds, cabinetId, asOf);
        command.Parameters.Add(Parameter.Of<long[]>(ids));
        return await ReadAsync(command, table, make, cancellationToken);
    }

    /// <summary>The first <paramref name="limit"/> eligible rows, ordered by id, of the half-open key range.</summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="entity">Whose table.</param>
    /// <param name="from">First id, inclusive; null = from the beginning.</param>
    /// <param name="to">End, exclusive; null = to the end, including <see cref="long.MaxValue"/>.</param>
    /// <param name="limit">At most so many rows; fewer mean that the range is exhausted.</param>
    /// <param name="asOf">The instant the 90 days are measured at.</param>
    /// <param name="make">Of each eligible row only what this makes of it is kept, nothing where that is null.</param>
    /// <exception cref="OverflowException">As in <see cref="ReadByIdsAsync{T}"/>.</exception>
    public static async Task<SourceBatch<T>> ReadRangeAsync<T>(
        NpgsqlConnection main, Entity entity, long cabinetId, long? from, long? to, int limit, DateTimeOffset asOf, Func<SourceRow, T?> make,
        CancellationToken cancellationToken)
        where T : class
    {
        if (to == long.MinValue)
        {
            return new SourceBatch<T>([], []);
        }

        var table = SourceTable.Of(entity);
        await using var command = Command(main, table.ByRange, cabinetId, asOf);
        command.Parameters.Add(Parameter.Of<long>(from ?? long.MinValue));
        command.Parameters.Add(Parameter.Of(to is { } end ? end - 1 : long.MaxValue));
        command.Parameters.Add(Parameter.Of<long>(limit));
        return await ReadAsync(command, table, make, cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection main, string sql, long cabinetId, DateTimeOffset asOf) => new(sql, main)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<DateTime>(EligiblePeriod.StartOf(asOf).UtcDateTime),
        },
    };

    private static async Task<SourceBatch<T>> ReadAsync<T>(
        NpgsqlCommand command, SourceTable table, Func<SourceRow, T?> make, CancellationToken cancellationToken)
        where T : class
    {
        List<T> eligible = [];
        List<IneligibleRow> ineligible = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (ReadRow(reader, table, ineligible) is { } row && make(row) is { } made)
            {
                eligible.Add(made);
            }
        }

        return new SourceBatch<T>(eligible, ineligible);
    }

    // Null: the row is there, but not eligible.
    private static SourceRow? ReadRow(NpgsqlDataReader reader, SourceTable table, List<IneligibleRow> ineligible)
    {
        var columns = new ColumnCursor(reader);
        var id = columns.Number() ?? throw new InvalidOperationException("a source row without a primary key");
        var nmId = columns.Number();
        if (columns.Flag() == true)
        {
            return table.Read(id, nmId, ref columns);
        }

        ineligible.Add(new IneligibleRow(id, nmId));
        return null;
    }
}

/// <summary>What one read of the source found. An id in neither list does not exist in this cabinet.</summary>
/// <typeparam name="T">The row, or what the reader's caller makes of it.</typeparam>
/// <param name="Eligible">Rows that have a chunk, ordered by id.</param>
/// <param name="Ineligible">Rows that are there but have none, ordered by id; filled by reads by id only.</param>
public sealed record SourceBatch<T>(IReadOnlyList<T> Eligible, IReadOnlyList<IneligibleRow> Ineligible);

/// <summary>A row that exists in the source but may have no chunk: inactive, quantity 0, or older than 90 days.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
public sealed record IneligibleRow(long Id, long? NmId);
