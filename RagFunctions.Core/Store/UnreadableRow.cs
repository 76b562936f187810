using Npgsql;

namespace RagFunctions.Core.Store;

/// <summary>Tells errors that a single row's data cause from errors that would meet every row.</summary>
internal static class UnreadableRow
{
    private const string DataException = "22";

    /// <summary>True when reading fewer rows may succeed: a value that PostgreSQL or .NET cannot convert.</summary>
    public static bool Explains(Exception error) => error switch
    {
        PostgresException postgres => postgres.SqlState.StartsWith(DataException, StringComparison.Ordinal),
        OverflowException or InvalidCastException or FormatException or ArgumentOutOfRangeException => true,
        _ => false,
    };

    /// <summary>For the operator: what kind of error it was, without the value itself.</summary>
    public static string Describe(Exception error) => error is PostgresException postgres
        ? $"cannot be read: PostgreSQL error {postgres.SqlState}"
        : $"cannot be read: {error.GetType().Name}";
}
