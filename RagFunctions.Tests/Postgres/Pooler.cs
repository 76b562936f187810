using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Postgres;

/// <summary>
/// PgBouncer in transaction mode in front of the test server: a session belongs to a client for one transaction. The program is Debian's
/// package; <c>eng/pgbouncer.sh</c> installs it. Without it a test fails, none is skipped.
/// </summary>
public sealed class Pooler : IAsyncDisposable
{
    // Fewer than the clients have connections, so that two transactions of one client rarely meet the same session.
    private const int Sessions = 6;

    private readonly int _sessions;
    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly int _port;

    private Pooler(Process process, DirectoryInfo folder, int port, int sessions) => (_process, _folder, _port, _sessions) = (process, folder, port, sessions);

    private string Log => Path.Combine(_folder.FullName, "pooler.log");

    /// <summary>Starts one.</summary>
    /// <param name="role">Who signs in to the server, whoever the client says to be; null: the owner.</param>
    /// <param name="password">The role's.</param>
    /// <param name="sessions">How many it has for each database.</param>
    public static async Task<Pooler> StartAsync(string? role = null, string? password = null, int sessions = Sessions)
    {
        var server = await PostgresServer.ConnectionToAsync("postgres");
        var folder = Directory.CreateTempSubdirectory("rag-pooler-");
        var port = Loopback.FreePort();
        var settings = Path.Combine(folder.FullName, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host={server.Host} port={server.Port} user={role ?? server.Username} password={password ?? server.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {sessions}
            server_login_retry = 0.1
            max_client_conn = 500
            logfile = {folder.FullName}/pooler.log
            """));
        var pooler = new Pooler(Start(await EngScript.PathAsync("pgbouncer.sh", "PgBouncer"), settings, folder), folder, port, sessions);
        await pooler.WaitUntilItAnswersAsync();
        return pooler;
    }

    /// <summary>The same database through the pooler, with nothing else set than what everybody sets.</summary>
    public string ConnectionTo(string database) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Database = database, Username = "anybody", IncludeErrorDetail = true }.ConnectionString;

    /// <summary>What clients were told is wrong with them.</summary>
    public async Task<string[]> ComplaintsAsync() =>
        [.. (await File.ReadAllLinesAsync(Log)).Where(line => line.Contains("ERROR", StringComparison.Ordinal) || line.Contains("pooler error", StringComparison.Ordinal))];

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Process Start(string program, string settings, DirectoryInfo folder)
    {
        List<string> arguments = ["-q", settings];
        if (Environment.IsPrivilegedProcess)
        {
            // It refuses to run as root.
            Run("chown", "-R", "nobody", folder.FullName);
            arguments.InsertRange(0, ["-u", "nobody"]);
        }

        return Process.Start(new ProcessStartInfo(program, arguments))!;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new Win32Exception($"{program} failed");
        }
    }

    /// <summary>
    /// Until it lends every session of a database. After a login that was refused it refuses everybody for a while who would need another
    /// login, also when sessions that it has are lent already.
    /// </summary>
    public Task WaitUntilItLendsAllAsync(string database) => WaitAsync(async () =>
    {
        var connections = Enumerable.Range(0, _sessions).Select(_ => new NpgsqlConnection(ConnectionTo(database) + ";Pooling=false")).ToArray();
        try
        {
            await Task.WhenAll(connections.Select(async connection =>
            {
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                await using var begin = new NpgsqlCommand("BEGIN", connection);
                await begin.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }));
        }
        finally
        {
            await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
        }
    });

    private Task WaitUntilItAnswersAsync() => WaitAsync(async () =>
    {
        await using var connection = new NpgsqlConnection(ConnectionTo("postgres") + ";Pooling=false");
        await connection.OpenAsync();
    });

    private async Task WaitAsync(Func<Task> attempt)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && watch.Elapsed < TimeSpan.FromSeconds(15))
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
        }
    }
}
