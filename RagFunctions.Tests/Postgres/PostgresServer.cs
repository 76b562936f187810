using System.Diagnostics;
using Npgsql;

namespace RagFunctions.Tests.Postgres;

/// <summary>
/// The server the tests use: the one that <c>RAG_TEST_POSTGRES</c> names (an Npgsql connection string without a database),
/// else the one of this clone, which <c>eng/postgres.sh up</c> starts when it is not there. Without a server every test that
/// needs one fails; none is skipped.
/// </summary>
public static class PostgresServer
{
    /// <summary>The environment variable with the connection string of a given server.</summary>
    public const string ConnectionVariable = "RAG_TEST_POSTGRES";

    private static readonly Lazy<Task<string>> Found = new(FindAsync);

    /// <summary>The connection settings for a database of the server; a test that wants others changes its copy.</summary>
    public static async Task<NpgsqlConnectionStringBuilder> ConnectionToAsync(string database) => new(await Found.Value)
    {
        Database = database,
        IncludeErrorDetail = true,
        // Many small pools share the server's 200 connections.
        MaxPoolSize = 20,
    };

    private static async Task<string> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(ConnectionVariable) is { Length: > 0 } given)
        {
            return await AnswersAsync(given) is { } refusal
                ? throw new InvalidOperationException(
                    $"{ConnectionVariable} names a server that does not answer: {refusal.Message}", refusal)
                : given;
        }

        var root = RepositoryRoot();
        var remembered = Path.Combine(root, ".local", "postgres", "connection");
        if (File.Exists(remembered) && await AnswersAsync(await File.ReadAllTextAsync(remembered)) is null)
        {
            return await File.ReadAllTextAsync(remembered);
        }

        await StartAsync(root);
        return await File.ReadAllTextAsync(remembered);
    }

    private static async Task<Exception?> AnswersAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Database = "postgres", Pooling = false };
        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync();
            return null;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return exception;
        }
    }

    private static async Task StartAsync(string root)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(root, "eng", "postgres.sh"), "up"]) { RedirectStandardError = true };
        using var script = Process.Start(start)!;
        var said = await script.StandardError.ReadToEndAsync();
        await script.WaitForExitAsync();
        if (script.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"The tests need PostgreSQL with pgvector: {ConnectionVariable} is not set and eng/postgres.sh up failed:\n{said}");
        }
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "eng", "postgres.sh")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException(
            $"No eng/postgres.sh above {AppContext.BaseDirectory}: set {ConnectionVariable} to run the tests from elsewhere.");
    }
}
