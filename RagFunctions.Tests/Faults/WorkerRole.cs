using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Faults;

/// <summary>How a server turns against a role that is connected to it.</summary>
public enum DatabaseTrouble
{
    /// <summary>Nothing can be written, as on a standby after a failover, or when storage is almost full.</summary>
    ReadOnly,

    /// <summary>A right on one table is gone.</summary>
    MissingRight,

    /// <summary>One table cannot grow.</summary>
    DiskFull,

    /// <summary>Statements of more than a few milliseconds are ended.</summary>
    Slow,

    /// <summary>Nobody gets in, and who is in is put out.</summary>
    Gone,
}

/// <summary>
/// The role that the product signs in as, with the rights that <c>rag grant</c> gives and no others, so that a database can be turned
/// against it while the test's own connections, which are the owner's, go on.
/// </summary>
public sealed class WorkerRole : IAsyncDisposable
{
    /// <summary>It signs in with this.</summary>
    public const string Password = "worker";

    private static readonly string[] Rights = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    // Triggers that are there from the beginning: to make one would wait for the very transaction that is being held up.
    private const string Full = """
        CREATE TABLE trouble_full (table_name text PRIMARY KEY);
        CREATE FUNCTION trouble_disk() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF EXISTS (SELECT FROM public.trouble_full WHERE table_name = TG_TABLE_NAME) THEN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
            END IF;
            RETURN NULL;
        END $$;
        """;

    private const string Tables = """
        SELECT c.relname::text FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^(wb|rag)_' AND c.relname <> 'rag_readers' ORDER BY 1
        """;

    private const string PutOut = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()";

    private readonly Dictionary<TestDatabase, List<string>> _tables = [];
    private readonly Stack<(TestDatabase Database, string Statement, bool PutOut)> _remedies = [];

    private Pooler? _pooler;
    private bool _wasShut;

    private WorkerRole()
    {
    }

    /// <summary>Its name on the server.</summary>
    public string Name { get; } = $"worker_{Guid.NewGuid():N}";

    /// <summary>Makes it and grants it what the product needs in each of the databases.</summary>
    /// <param name="pooledSessions">It connects through a pooler that lends so many sessions of each database for a transaction; null: directly.</param>
    /// <param name="databases">One or two.</param>
    public static async Task<WorkerRole> CreateAsync(int? pooledSessions, params TestDatabase[] databases)
    {
        var role = new WorkerRole();
        await databases[0].Source.ExecuteAsync($"CREATE ROLE {role.Name} LOGIN PASSWORD '{Password}'");
        foreach (var database in databases.Distinct())
        {
            var tables = role._tables[database] = await database.Source.ReadNamesAsync(Tables);
            await RoleGrants.GrantAsync(database.Source, role.Name, TestContext.Current.CancellationToken);
            await database.Source.ExecuteAsync($"REVOKE CONNECT ON DATABASE {database.Name} FROM PUBLIC; {Full}" + string.Concat(tables.Select(table =>
                $"CREATE TRIGGER trouble AFTER INSERT OR UPDATE ON {table} WHEN (session_user = '{role.Name}') EXECUTE FUNCTION trouble_disk();")));
        }

        role._pooler = pooledSessions is { } sessions ? await Pooler.StartAsync(role.Name, Password, sessions) : null;
        return role;
    }

    /// <summary>How it connects to one of its databases.</summary>
    public string ConnectionTo(TestDatabase database) => _pooler?.ConnectionTo(database.Name) ??
        new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = Name, Password = Password }.ConnectionString;

    /// <summary>From now on a database has the trouble, until <see cref="RecoverAsync"/>.</summary>
    /// <param name="trouble">Which.</param>
    /// <param name="database">Where.</param>
    /// <param name="which">Which table and right, taken modulo what there is.</param>
    public async Task StrikeAsync(DatabaseTrouble trouble, TestDatabase database, int which)
    {
        var table = _tables[database][which % _tables[database].Count];
        var right = Rights[which % Rights.Length];
        var (strike, remedy, putsOut) = trouble switch
        {
            DatabaseTrouble.ReadOnly => (Setting(database, "SET default_transaction_read_only = on"), Setting(database, "RESET default_transaction_read_only"), true),
            DatabaseTrouble.Slow => (Setting(database, "SET statement_timeout = '3ms'"), Setting(database, "RESET statement_timeout"), true),
            DatabaseTrouble.MissingRight => ($"REVOKE {right} ON {table} FROM {Name}", $"GRANT {right} ON {table} TO {Name}", false),
            DatabaseTrouble.DiskFull => ($"INSERT INTO trouble_full VALUES ('{table}') ON CONFLICT DO NOTHING", "DELETE FROM trouble_full", false),
            _ => ($"REVOKE CONNECT ON DATABASE {database.Name} FROM {Name}", $"GRANT CONNECT ON DATABASE {database.Name} TO {Name}", true),
        };
        _remedies.Push((database, remedy, putsOut));
        _wasShut |= trouble == DatabaseTrouble.Gone;
        await database.Source.ExecuteAsync(strike);
        if (putsOut)
        {
            await database.Source.ReadNamesAsync(PutOut, Name);
        }
    }

    /// <summary>No database has any trouble; a pooler may still believe so for a moment.</summary>
    public async Task RecoverAsync()
    {
        while (_remedies.TryPop(out var remedy))
        {
            await remedy.Database.Source.ExecuteAsync(remedy.Statement);
            if (remedy.PutOut)
            {
                await remedy.Database.Source.ReadNamesAsync(PutOut, Name);
            }
        }
    }

    /// <summary>The same, and nobody who works for the role is refused any more. Not while somebody is held back who has one of the pooler's sessions.</summary>
    public async Task RecoverWhollyAsync()
    {
        await RecoverAsync();
        if (_pooler is { } pooler && _wasShut)
        {
            _wasShut = false;
            await Task.WhenAll(_tables.Keys.Select(database => pooler.WaitUntilItLendsAllAsync(database.Name)));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_pooler is not null)
        {
            await _pooler.DisposeAsync();
        }

        foreach (var database in _tables.Keys)
        {
            await database.Source.ExecuteAsync($"DROP OWNED BY {Name}");
        }

        await _tables.Keys.First().Source.ExecuteAsync($"DROP ROLE {Name}");
    }

    private string Setting(TestDatabase database, string change) => $"ALTER ROLE {Name} IN DATABASE {database.Name} {change}";
}
