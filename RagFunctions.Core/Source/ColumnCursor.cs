using Npgsql;

namespace RagFunctions.Core.Source;

/// <summary>Takes the columns of the current row one after the other, in the order of the select list.</summary>
internal ref struct ColumnCursor(NpgsqlDataReader reader)
{
    private int _next;

    public string? Text() => TakeNull(out var ordinal) ? null : reader.GetString(ordinal);

    public long? Number() => TakeNull(out var ordinal) ? null : reader.GetInt64(ordinal);

    public decimal? Amount() => TakeNull(out var ordinal) ? null : reader.GetDecimal(ordinal);

    public bool? Flag() => TakeNull(out var ordinal) ? null : reader.GetBoolean(ordinal);

    public DateTimeOffset? Instant() => TakeNull(out var ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);

    private bool TakeNull(out int ordinal)
    {
        ordinal = _next++;
        return reader.IsDBNull(ordinal);
    }
}
