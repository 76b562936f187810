using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Source;

namespace RagFunctions.Tests.Source;

/// <summary>Short forms of reading for the tests of this folder.</summary>
internal static class SourceReading
{
    public static readonly DateTimeOffset AsOf = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public static Task<SourceBatch<SourceRow>> ByIdsAsync(this NpgsqlConnection main, Entity entity, long cabinetId, params long[] ids) =>
        SourceReader.ReadByIdsAsync(main, entity, cabinetId, ids, AsOf, static row => row, TestContext.Current.CancellationToken);

    public static Task<SourceBatch<SourceRow>> ByRangeAsync(this NpgsqlConnection main, Entity entity, long cabinetId, long? from = null, long? to = null, int limit = 1000) =>
        SourceReader.ReadRangeAsync(main, entity, cabinetId, from, to, limit, AsOf, static row => row, TestContext.Current.CancellationToken);

    public static async Task<List<long>> EligibleIdsAsync(this NpgsqlConnection main, Entity entity, long cabinetId)
    {
        List<long> ids = [];
        await foreach (var id in SourceReader.ReadIdsAsync(main, entity, cabinetId, AsOf, TestContext.Current.CancellationToken))
        {
            ids.Add(id);
        }

        return ids;
    }

    /// <summary>Runs a statement with positional parameters; the first column of its first row, if it has any.</summary>
    public static async Task<object?> RunAsync(this NpgsqlConnection main, string sql, params object?[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, main);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter ?? DBNull.Value);
        }

        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    public static long[] Ids(this IEnumerable<SourceRow> rows) => [.. rows.Select(row => row.Id)];

    public static long[] Ids(this IEnumerable<IneligibleRow> rows) => [.. rows.Select(row => row.Id)];
}
