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
                    new NpgsqlParameter<long> { TypedValue = cabinetId },
                    new NpgsqlParameter<DateTime> { TypedValue = EligiblePeriod.StartOf(asOf).UtcDateTime },
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
