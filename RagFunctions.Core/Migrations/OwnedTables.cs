using System.Data;
using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// Tables that may already be there, made by somebody else. Those made by a step carry a comment that says so, and only those
/// are dropped when the step is taken back.
/// </summary>
internal static class OwnedTables
{
    private const string Mark = "Made by rag migrate.";

    private const string SelectExists = "SELECT to_regclass($1) IS NOT NULL";
    private const string SelectIsOurs = "SELECT obj_description(to_regclass($1), 'pg_class') = $2";

    /// <summary>Makes the table, with the statements that belong to it, unless there is one.</summary>
    public static void CreateIfAbsent(IDbConnection connection, IDbTransaction transaction, string table, string create)
    {
        if (Ask(connection, transaction, SelectExists, table))
        {
            return;
        }

        Run(connection, transaction, create);
        Run(connection, transaction, $"COMMENT ON TABLE {table} IS '{Mark}'");
    }

    /// <summary>Drops the table if <see cref="CreateIfAbsent"/> made it.</summary>
    public static void DropIfOurs(IDbConnection connection, IDbTransaction transaction, string table)
    {
        if (IsOurs(connection, transaction, table))
        {
            Run(connection, transaction, $"DROP TABLE {table}");
        }
    }

    /// <summary>Whether <see cref="CreateIfAbsent"/> made the table.</summary>
    public static bool IsOurs(IDbConnection connection, IDbTransaction transaction, string table) =>
        Ask(connection, transaction, SelectIsOurs, table, Mark);

    private static bool Ask(IDbConnection connection, IDbTransaction transaction, string sql, params string[] values)
    {
        using var command = new NpgsqlCommand(sql, (NpgsqlConnection)connection, (NpgsqlTransaction)transaction);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        return command.ExecuteScalar() is true;
    }

    /// <summary>Runs statements without a time limit.</summary>
    public static void Run(IDbConnection connection, IDbTransaction transaction, string sql)
    {
        using var command = new NpgsqlCommand(sql, (NpgsqlConnection)connection, (NpgsqlTransaction)transaction) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }
}
