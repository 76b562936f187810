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

    private const string SelectPartitions = """
        SELECT t.relid::regclass::text, t.relid::oid::bigint
        FROM pg_class AS c CROSS JOIN LATERAL pg_partition_tree(c.oid) AS t
        WHERE c.oid = to_regclass($1) AND c.relkind = 'p' AND t.isleaf
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
            var partitioned = ReadPartitions((NpgsqlConnection)connection, index.Table).Count > 0;
            Run((NpgsqlConnection)connection, partitioned ? $"DROP INDEX IF EXISTS {index.Name}" : DropConcurrently(index));
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

            BuildAt(connection, index);
            built++;
        }

        return built;
    }

    // PostgreSQL builds no index of a partitioned table concurrently. One of each partition is, and the table's own then takes them over.
    private static void BuildAt(NpgsqlConnection connection, ConcurrentIndex index)
    {
        if (ReadPartitions(connection, index.Table) is not { Count: > 0 } partitions)
        {
            Run(connection, index.Create);
            return;
        }

        foreach (var (partition, number) in partitions)
        {
            Run(connection, index.Create.Replace($"CONCURRENTLY {index.Name} ON {index.Table} ", $"CONCURRENTLY IF NOT EXISTS {index.Name}_{number} ON {partition} ", StringComparison.Ordinal));
        }

        Run(connection, index.Create.Replace("CONCURRENTLY ", "", StringComparison.Ordinal));
    }

    private static List<(string Name, long Number)> ReadPartitions(NpgsqlConnection connection, string table)
    {
        using var command = new NpgsqlCommand(SelectPartitions, connection);
        command.Parameters.AddWithValue(table);
        using var reader = command.ExecuteReader();
        List<(string, long)> partitions = [];
        while (reader.Read())
        {
            partitions.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return partitions;
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
internal sealed record ConcurrentIndex(string Name, string Create)
{
    private const string On = " ON ";

    /// <summary>Its table, which may be another service's and partitioned.</summary>
    public string Table { get; } = Create[(Create.IndexOf(On, StringComparison.Ordinal) + On.Length)..].Split(' ')[0];
}
