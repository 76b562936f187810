using System.Data;
using FluentMigrator;
using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// A step that only builds indexes, concurrently and therefore outside a transaction. An interrupted build leaves an INVALID
/// index behind, which writers keep up to date and no reader uses: building again drops it first.
/// </summary>
public abstract class ConcurrentIndexMigration : Migration
{
    private const string SelectValidity = """
        SELECT c.relname, i.indisvalid
        FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
        WHERE c.relname = ANY ($1) AND pg_table_is_visible(c.oid)
        """;

    private protected abstract IReadOnlyList<ConcurrentIndex> Indexes { get; }

    /// <inheritdoc />
    public sealed override void Up() => Execute.WithConnection((connection, _) =>
    {
        Prepare((NpgsqlConnection)connection);
        Build((NpgsqlConnection)connection);
    });

    /// <inheritdoc />
    public sealed override void Down() => Execute.WithConnection((connection, _) =>
    {
        foreach (var index in Indexes.Reverse())
        {
            Run((NpgsqlConnection)connection, DropConcurrently(index));
        }
    });

    /// <summary>What has to be there before the indexes; nothing, unless a step says otherwise. Runs again after an interruption.</summary>
    private protected virtual void Prepare(NpgsqlConnection connection)
    {
    }

    /// <summary>Builds the indexes that are missing or INVALID and returns how many those were.</summary>
    internal int Build(NpgsqlConnection connection)
    {
        var validity = ReadValidity(connection);
        var built = 0;
        foreach (var index in Indexes)
        {
            if (validity.TryGetValue(index.Name, out var isValid))
            {
                if (isValid)
                {
                    continue;
                }

                Run(connection, DropConcurrently(index));
            }

            Run(connection, index.Create);
            built++;
        }

        return built;
    }

    private static string DropConcurrently(ConcurrentIndex index) => $"DROP INDEX CONCURRENTLY IF EXISTS {index.Name}";

    private static void Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }

    private Dictionary<string, bool> ReadValidity(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(SelectValidity, connection);
        command.Parameters.AddWithValue(Indexes.Select(index => index.Name).ToArray());
        using var reader = command.ExecuteReader();
        Dictionary<string, bool> validity = [];
        while (reader.Read())
        {
            validity.Add(reader.GetString(0), reader.GetBoolean(1));
        }

        return validity;
    }
}

/// <summary>An index that is built while the table goes on being written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Create">The whole statement, <c>CREATE INDEX CONCURRENTLY …</c>.</param>
internal sealed record ConcurrentIndex(string Name, string Create);
