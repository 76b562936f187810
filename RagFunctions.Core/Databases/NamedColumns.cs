using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>Reads wide rows by the columns' names, so that a column more in the statement moves none of the others.</summary>
internal static class NamedColumns
{
    /// <summary>The value of the column; NULL is null, or an error where <typeparamref name="T"/> has no null.</summary>
    public static T Of<T>(this NpgsqlDataReader reader, string column)
    {
        var ordinal = reader.GetOrdinal(column);
        return default(T) is null && reader.IsDBNull(ordinal) ? default! : reader.GetFieldValue<T>(ordinal);
    }

    /// <summary>The text, or null.</summary>
    public static string? GetStringOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
