using Npgsql;
using NpgsqlTypes;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Rows as columns: one array parameter each, for <c>unnest</c>.</summary>
internal static class Column
{
    public static NpgsqlParameter Texts<T>(IReadOnlyList<T> rows, Func<T, string?> value) => Of(rows, value, NpgsqlDbType.Text);

    public static NpgsqlParameter Longs<T>(IReadOnlyList<T> rows, Func<T, long?> value) => Of(rows, value, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Integers<T>(IReadOnlyList<T> rows, Func<T, int?> value) => Of(rows, value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Numbers<T>(IReadOnlyList<T> rows, Func<T, decimal?> value) => Of(rows, value, NpgsqlDbType.Numeric);

    /// <summary>Roubles to the kopeck, as the columns hold them: a longer figure would differ from what is stored for ever.</summary>
    public static NpgsqlParameter Money<T>(IReadOnlyList<T> rows, Func<T, decimal?> value) => Numbers(rows, row => Rounded(value(row), 2));

    /// <summary>Percents to the fourth decimal, likewise.</summary>
    public static NpgsqlParameter Percents<T>(IReadOnlyList<T> rows, Func<T, decimal?> value) => Numbers(rows, row => Rounded(value(row), 4));

    public static NpgsqlParameter Times<T>(IReadOnlyList<T> rows, Func<T, DateTimeOffset?> value) => Of(rows, value, NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Flags<T>(IReadOnlyList<T> rows, Func<T, bool?> value) => Of(rows, value, NpgsqlDbType.Boolean);

    private static decimal? Rounded(decimal? value, int decimals) =>
        value is { } number ? decimal.Round(number, decimals, MidpointRounding.AwayFromZero) : null;

    private static NpgsqlParameter Of<T, TValue>(IReadOnlyList<T> rows, Func<T, TValue> value, NpgsqlDbType type)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        return new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
