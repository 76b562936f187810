using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>
/// One statement failed while its server goes on: a right that is missing, a table or column that is gone, a time-out, a damaged page.
/// It concerns what the statement was about and nothing else, and repeating it at once does not help. A lost connection, a server that
/// stops and one that has no room are another matter: they pass.
/// </summary>
public static class StatementFailure
{
    private const string DataException = "22";

    private static readonly string[] OfTheServer = ["08", "53", "57P"];

    /// <summary>The statement alone failed.</summary>
    public static bool Is(Exception error) => error switch
    {
        PostgresException postgres => !OfTheServer.Any(kind => postgres.SqlState.StartsWith(kind, StringComparison.Ordinal)),
        NpgsqlException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>For the operator: what went wrong, without values of rows.</summary>
    public static string Describe(Exception error) => error switch
    {
        PostgresException postgres when postgres.SqlState.StartsWith(DataException, StringComparison.Ordinal) => $"PostgreSQL error {postgres.SqlState}",
        PostgresException postgres => $"{postgres.MessageText} ({postgres.SqlState})",
        NpgsqlException { InnerException: TimeoutException } => "no answer within the command timeout",
        _ => error.GetType().Name,
    };

    /// <summary><see cref="Describe(Exception)"/> for a table that was to be read.</summary>
    public static string Describe(string table, Exception error) => $"{table} cannot be read: {Describe(error)}";
}
