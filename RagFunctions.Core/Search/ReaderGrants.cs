using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Search;

/// <summary>
/// Lets a role search cabinets with <c>rag_search</c>, and do nothing else: it has no right on any table, and the function checks which
/// cabinets it may search.
/// </summary>
public static class ReaderGrants
{
    private const string HasTables = """
        SELECT has_table_privilege($1, 'rag_metadata'::regclass, 'SELECT') OR has_table_privilege($1, 'rag_embeddings'::regclass, 'SELECT')
        """;

    // The server writes the statements: it knows its names and how one is quoted.
    private const string Statements = """
        SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1)
        UNION ALL
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, $1)
        FROM pg_namespace AS n
        WHERE n.oid IN (current_schema()::regnamespace, (SELECT extnamespace FROM pg_extension WHERE extname = 'vector'))
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, $1)
        FROM pg_proc AS p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN ('rag_search', 'rag_model_of')
        """;

    private const string Forget = "DELETE FROM rag_readers WHERE reader = (SELECT oid FROM pg_roles WHERE rolname = $1)::regrole";

    private const string Remember = """
        INSERT INTO rag_readers (reader, cabinet_id)
        SELECT DISTINCT r.oid::regrole, c FROM pg_roles AS r CROSS JOIN unnest($2) AS c WHERE r.rolname = $1
        """;

    /// <summary>Lets the role search exactly these cabinets from now on, in one transaction; none: not one.</summary>
    /// <exception cref="RoleGrantException">The role may read the tables, so that naming cabinets would not limit it.</exception>
    public static async Task GrantAsync(NpgsqlDataSource rag, string role, IReadOnlyCollection<long> cabinets, CancellationToken cancellationToken)
    {
        await using var connection = await rag.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var command = Command(HasTables))
        {
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                throw new RoleGrantException($"{role} may read the tables of the index: naming cabinets would not limit it. Take that right away first, or use another role.");
            }
        }

        List<string> statements = [];
        await using (var command = Command(Statements))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                statements.Add(reader.GetString(0));
            }
        }

        await using (var batch = new NpgsqlBatch(connection, transaction))
        {
            statements.ForEach(statement => batch.BatchCommands.Add(new NpgsqlBatchCommand(statement)));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var command = Command(Forget))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var command = Command(Remember))
        {
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. cabinets] });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);

        NpgsqlCommand Command(string sql) => new(sql, connection, transaction) { Parameters = { new NpgsqlParameter<string> { TypedValue = role } } };
    }
}
