using Npgsql;

namespace RagFunctions.Dev.Bench;

/// <summary>Reads the ids a step names, before its clock starts.</summary>
internal static class BenchChanges
{
    private const string Read = "SELECT source_table, array_agg(source_id) FROM bench_changed WHERE cabinet_id = $1 GROUP BY source_table";

    /// <summary>Ids per source table.</summary>
    public static async Task<Dictionary<string, long[]>> ReadAsync(NpgsqlDataSource source, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Read);
        command.Parameters.Add(new() { Value = cabinetId });
        var ids = new Dictionary<string, long[]>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0), reader.GetFieldValue<long[]>(1));
        }

        return ids;
    }
}
