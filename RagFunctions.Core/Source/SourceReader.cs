using System.Runtime.CompilerServices;
using Npgsql;

namespace RagFunctions.Core.Source;

/// <summary>
/// Reads source rows as they are now, each read one statement and one round trip. The same columns, eligibility and catalogue
/// name in every mode, so that a row's text never depends on how a run was started. Stateless; the connection is the caller's.
/// </summary>
public static class SourceReader
{
    /// <summary>The named rows of one cabinet, in whatever order and however often named.</summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="entity">Whose table.</param>
    /// <param name="cabinetId">The tenant; a row of another one counts as not there.</param>
    /// <param name="ids">Primary keys.</param>
    /// <param name="asOf">The instant the 90 days are measured at.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="OverflowException">A number of some row does not fit in a decimal. The connection stays usable; read fewer ids to find the row.</exception>
    public static Task<SourceBatch> ReadByIdsAsync(NpgsqlConnection main, Entity entity, long cabinetId, long[] ids, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>The first <paramref name="limit"/> eligible rows, ordered by id, of the half-open key range.</summary>
    /// <param name="main">An open connection to the main database.</param>
    /// <param name="entity">Whose table.</param>
    /// <param name="cabinetId">The tenant.</param>
    /// <param name="from">First id, inclusive; null = from the beginning.</param>
    /// <param name="to">End, exclusive; null = to the end, including <see cref="long.MaxValue"/>.</param>
    /// <param name="limit">At most so many rows; fewer mean that the range is exhausted.</param>
    /// <param name="asOf">The instant the 90 days are measured at.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="OverflowException">As in <see cref="ReadByIdsAsync"/>.</exception>
    public static Task<SourceBatch> ReadRangeAsync(
        NpgsqlConnection main, Entity entity, long cabinetId, long? from, long? to, int limit, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>The ids of all eligible rows of the cabinet in ascending order, streamed. The connection is busy until the end.</summary>
    public static async IAsyncEnumerable<long> ReadIdsAsync(
        NpgsqlConnection main, Entity entity, long cabinetId, DateTimeOffset asOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }
}
