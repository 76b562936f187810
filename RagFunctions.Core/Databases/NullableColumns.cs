using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>Reads text that may be NULL; Npgsql itself knows nullable values only for value types.</summary>
internal static class NullableColumns
{
    /// <summary>The text, or null.</summary>
    public static string? GetStringOrNull(this NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
