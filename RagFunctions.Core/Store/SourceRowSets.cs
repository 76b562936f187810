using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>Which rows the source offers, as one print for each entity.</summary>
public sealed class SourceRowSets(MainDatabase main)
{
    private static readonly Dictionary<Entity, string> Print = EntityNames.All.ToDictionary(
        entity => entity,
        entity => $"SELECT {RowSetPrint.Columns} FROM ({SourceTable.Of(entity).EligibleIds}) AS eligible");

    /// <summary>Eligible rows by <paramref name="asOf"/>. One round trip; no row leaves the database.</summary>
    public async Task<Dictionary<Entity, RowSetPrint>> ReadAsync(long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var batch = main.Source.CreateBatch();
        foreach (var entity in EntityNames.All)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Print[entity])
            {
                Parameters =
                {
                    Parameter.Of<long>(cabinetId),
                    Parameter.Of<DateTime>(EligiblePeriod.StartOf(asOf).UtcDateTime),
                },
            });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        Dictionary<Entity, RowSetPrint> prints = [];
        foreach (var entity in EntityNames.All)
        {
            await reader.ReadAsync(cancellationToken);
            prints.Add(entity, new RowSetPrint(reader.GetInt64(0), reader.GetDecimal(1), reader.GetDecimal(2)));
            await reader.NextResultAsync(cancellationToken);
        }

        return prints;
    }
}

/// <summary>
/// A set of row ids in three numbers that any database adds up alike, so that two databases compare their sets without sending them.
/// </summary>
/// <param name="Rows">How many.</param>
/// <param name="Sum">The ids added up.</param>
/// <param name="Spread">
/// The ids added up after each was spread over the numbers below 2^31 − 1 and squared there. The sums of 1 and 4 and of 2 and 3 are equal;
/// with this, different sets pass for equal about once in two thousand million times.
/// </param>
public readonly record struct RowSetPrint(long Rows, decimal Sum, decimal Spread)
{
    /// <summary>The three numbers of the column <c>id</c>; NULL is no id. 48,271 is a primitive root of that prime.</summary>
    internal const string Columns = $"""
        count(id), COALESCE(sum(id), 0), COALESCE(sum({Spreading} * {Spreading} % 2147483647), 0)
        """;

    private const string Spreading = "(id % 2147483647 * 48271 % 2147483647)";
}
