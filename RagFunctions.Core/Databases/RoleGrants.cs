using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>
/// Lets an identity work with the tables of the system: read and write rows, nothing of their shape, and no table of anybody else.
/// May be repeated; needed again after a migration that adds a table.
/// </summary>
public static class RoleGrants
{
    private const string RoleExists = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";

    private const string HasEntra = "SELECT EXISTS (SELECT FROM pg_proc WHERE proname = 'pgaadauth_create_principal_with_oid')";

    private const string CreatePrincipal = "SELECT pgaadauth_create_principal_with_oid($1, $2, 'service', false, false)";

    // The server writes the statements: it knows its tables and how a name is quoted.
    private const string Statements = """
        SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1)
        UNION ALL
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1)
        UNION ALL
        SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', string_agg(c.oid::regclass::text, ', '), $1)
        FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname ~ '^(wb|rag)_'
          AND c.relname <> 'rag_readers'
        HAVING count(*) > 0
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', p.oid::regprocedure, $1)
        FROM pg_proc AS p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN ('rag_search', 'rag_model_of')
        UNION ALL
        SELECT format('GRANT USAGE ON SEQUENCE %s TO %I', string_agg(c.oid::regclass::text, ', '), $1)
        FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' AND c.relname ~ '^(wb|rag)_'
        HAVING count(*) > 0
        """;

    /// <summary>Makes the role of an Entra principal, where it is not there.</summary>
    /// <param name="source">Any database of the server.</param>
    /// <param name="role">The principal's display name, which becomes the name of the role.</param>
    /// <param name="objectId">The principal's object id; null: the role has to be there.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether the role was made.</returns>
    /// <exception cref="RoleGrantException">There is no such role and it cannot be made.</exception>
    public static async Task<bool> EnsureRoleAsync(
        NpgsqlDataSource source, string role, Guid? objectId, CancellationToken cancellationToken)
    {
        if (await AskAsync(source, RoleExists, cancellationToken, role))
        {
            return false;
        }

        if (objectId is not { } id)
        {
            throw new RoleGrantException($"There is no role {role}. With --object-id its Entra principal is made a role.");
        }

        if (!await AskAsync(source, HasEntra, cancellationToken))
        {
            throw new RoleGrantException($"There is no role {role}, and this server does not know Entra: create the role by hand.");
        }

        await using var command = source.CreateCommand(CreatePrincipal);
        command.Parameters.Add(Parameter.Of<string>(role));
        command.Parameters.Add(Parameter.Of<string>(id.ToString()));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>Grants in one transaction what the app needs in this database.</summary>
    public static async Task GrantAsync(NpgsqlDataSource source, string role, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        List<string> statements = [];
        await using (var command = new NpgsqlCommand(Statements, connection, transaction))
        {
            command.Parameters.Add(Parameter.Of<string>(role));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                statements.Add(reader.GetString(0));
            }
        }

        await using var batch = new NpgsqlBatch(connection, transaction);
        statements.ForEach(statement => batch.BatchCommands.Add(new NpgsqlBatchCommand(statement)));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<bool> AskAsync(
        NpgsqlDataSource source, string question, CancellationToken cancellationToken, params string[] parameters)
    {
        await using var command = source.CreateCommand(question);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(Parameter.Of<string>(parameter));
        }

        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

/// <summary>A role cannot be granted to; the message says what is missing.</summary>
public sealed class RoleGrantException(string message) : Exception(message);
