using Npgsql;

namespace RagFunctions.Tests.Postgres;

/// <summary>Short forms for the few statements about databases and locks that the test databases need.</summary>
internal static class ServerStatements
{
    public static async Task ExecuteAsync(this NpgsqlDataSource server, string sql)
    {
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<List<string>> ReadNamesAsync(this NpgsqlDataSource server, string sql, params string[] parameters)
    {
        await using var command = server.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync();
        List<string> names = [];
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    public static Task ExecuteAsync(this NpgsqlConnection connection, string sql, string parameter) =>
        connection.ScalarAsync(sql, parameter);

    public static async Task<object?> ScalarAsync(this NpgsqlConnection connection, string sql, string parameter)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(parameter);
        return await command.ExecuteScalarAsync();
    }
}
