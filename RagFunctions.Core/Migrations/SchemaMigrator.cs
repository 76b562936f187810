using System.Diagnostics;
using System.Reflection;
using FluentMigrator.Infrastructure;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// Brings the schemas up and down. Steps are numbered, each records itself in the history table of its set; several processes
/// that migrate one database wait for each other. Running again after an interruption goes on where the last run stopped.
/// </summary>
public static class SchemaMigrator
{
    private static readonly Dictionary<MigrationSet, long[]> Numbers =
        MigrationSetNames.All.ToDictionary(set => set, set => MigrationRun.StepsOf(set).Keys.ToArray());

    private const string Encoding = "SELECT current_setting('server_encoding')";

    // Where the tables are, which need not be "public". Earlier versions kept it there whatever the search path: theirs is known by the
    // tables that the set has made.
    private const string HistorySchema = """
        SELECT COALESCE(
                   (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass($1)),
                   CASE WHEN to_regclass('public.' || $1) IS NOT NULL AND to_regclass($2) IS NOT NULL THEN 'public' END,
                   current_schema()),
               to_regclass($1) IS NOT NULL OR (to_regclass('public.' || $1) IS NOT NULL AND to_regclass($2) IS NOT NULL)
        """;

    /// <summary>All steps of the set with the time each was applied. Reads only.</summary>
    public static async Task<IReadOnlyList<MigrationStep>> ListAsync(
        MigrationSet set, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var (_, applied) = await ReadHistoryAsync(set, connection, cancellationToken);
        return [.. MigrationRun.StepsOf(set).Values.Select(step => Describe(set, step, applied))];
    }

    /// <summary>Whether a step of this version has not run. Two round trips.</summary>
    public static async Task<bool> IsBehindAsync(MigrationSet set, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var (_, applied) = await ReadHistoryAsync(set, connection, cancellationToken);
        return Numbers[set].Any(number => !applied.ContainsKey(number));
    }

    /// <summary>
    /// Applies every step that has not run yet, then builds again what an interrupted index build left behind.
    /// </summary>
    /// <returns>The steps this call applied.</returns>
    /// <exception cref="MigrationException">A step failed, or the database has steps that this version does not know.</exception>
    public static async Task<IReadOnlyList<MigrationStep>> MigrateAsync(
        MigrationSet set, NpgsqlDataSource database, IProgress<MigrationProgress>? progress, CancellationToken cancellationToken)
    {
        List<MigrationStep> done = [];
        await LockedAsync(set, database, progress, (run, connection, steps, applied) =>
        {
            foreach (var step in steps.Values.Where(step => !applied.ContainsKey(step.Version)))
            {
                var described = Describe(set, step, applied);
                Perform(described, MigrationProgressKind.Applied, progress, () => run.Up(step));
                done.Add(described);
            }

            foreach (var step in steps.Values.Where(step => step.Migration is ConcurrentIndexMigration))
            {
                var repaired = ((ConcurrentIndexMigration)step.Migration).Build(connection);
                if (repaired > 0)
                {
                    progress?.Report(new MigrationProgress(MigrationProgressKind.Repaired, Describe(set, step, applied), TimeSpan.Zero));
                }
            }
        }, cancellationToken);
        return done;
    }

    /// <summary>
    /// Takes back, newest first, every applied step with a number above <paramref name="target"/>: 0 takes back all, null only
    /// the newest.
    /// </summary>
    /// <returns>The steps this call took back.</returns>
    /// <exception cref="MigrationException">A step failed, or the database has steps that this version does not know.</exception>
    public static async Task<IReadOnlyList<MigrationStep>> RollbackAsync(
        MigrationSet set, NpgsqlDataSource database, long? target, IProgress<MigrationProgress>? progress, CancellationToken cancellationToken)
    {
        List<MigrationStep> done = [];
        await LockedAsync(set, database, progress, (run, _, steps, applied) =>
        {
            var newestFirst = steps.Values.Where(step => applied.ContainsKey(step.Version)).Reverse();
            foreach (var step in target is null ? newestFirst.Take(1) : newestFirst.TakeWhile(step => step.Version > target))
            {
                var described = Describe(set, step, applied);
                Perform(described, MigrationProgressKind.TakenBack, progress, () => run.Down(step));
                done.Add(described);
            }
        }, cancellationToken);
        return done;
    }

    private static async Task LockedAsync(
        MigrationSet set,
        NpgsqlDataSource database,
        IProgress<MigrationProgress>? progress,
        Action<MigrationRun, NpgsqlConnection, SortedList<long, IMigrationInfo>, Dictionary<long, DateTimeOffset>> work,
        CancellationToken cancellationToken)
    {
        void OnWaiting() => progress?.Report(new MigrationProgress(MigrationProgressKind.Waiting, null, TimeSpan.Zero));
        await using var alone = await MigrationLock.TakeAsync(database, OnWaiting, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);

        await RefuseEncodingAsync(set, connection, cancellationToken);

        // Read after the lock is held: the process waited for may have applied everything.
        var (schema, applied) = await ReadHistoryAsync(set, connection, cancellationToken);
        var steps = MigrationRun.StepsOf(set);
        RefuseNewerDatabase(set, steps, applied);
        // The library is synchronous.
        await Task.Run(
            () =>
            {
                using var run = new MigrationRun(set, schema, connection, cancellationToken);
                work(run, connection, steps, applied);
            },
            cancellationToken);
    }

    // Texts hold any character of a seller or a buyer: one that the encoding lacks would cost the page it stands on.
    private static async Task RefuseEncodingAsync(MigrationSet set, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Encoding, connection);
        if (set == MigrationSet.Rag && await command.ExecuteScalarAsync(cancellationToken) is string encoding and not "UTF8")
        {
            throw new MigrationException(
                $"The database has the encoding {encoding}, and the index needs UTF8: make it with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.");
        }
    }

    private static void RefuseNewerDatabase(
        MigrationSet set, SortedList<long, IMigrationInfo> steps, Dictionary<long, DateTimeOffset> applied)
    {
        var unknown = applied.Keys.Where(number => !steps.ContainsKey(number)).Order().ToArray();
        if (unknown.Length > 0)
        {
            throw new MigrationException(
                $"The database has steps of the set '{set.Name()}' that this version does not know: {string.Join(", ", unknown)}. " +
                "Use the version that applied them, or a newer one.");
        }
    }

    private static void Perform(
        MigrationStep step, MigrationProgressKind kind, IProgress<MigrationProgress>? progress, Action work)
    {
        progress?.Report(new MigrationProgress(MigrationProgressKind.Started, step, TimeSpan.Zero));
        var watch = Stopwatch.StartNew();
        try
        {
            work();
        }
        catch (Exception exception) when (exception.GetBaseException() is PostgresException { SqlState: not PostgresErrorCodes.QueryCanceled } error)
        {
            throw new MigrationException($"Step {step.Number} of '{step.Set.Name()}' ({step.Description}) failed: {error.MessageText} ({error.SqlState})", exception);
        }

        progress?.Report(new MigrationProgress(kind, step, watch.Elapsed));
    }

    private static MigrationStep Describe(MigrationSet set, IMigrationInfo step, Dictionary<long, DateTimeOffset> applied) =>
        new(set, step.Version, step.Description, applied.TryGetValue(step.Version, out var at) ? at : null)
        {
            Deletes = step.Migration.GetType().GetCustomAttribute<DeletesAttribute>()?.What,
        };

    private static async Task<(string Schema, Dictionary<long, DateTimeOffset> Applied)> ReadHistoryAsync(
        MigrationSet set, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        Dictionary<long, DateTimeOffset> applied = [];
        string schema;
        await using (var find = new NpgsqlCommand(HistorySchema, connection)
        {
            Parameters = { Parameter.Of(set.HistoryTable()), Parameter.Of(set == MigrationSet.Main ? "rag_changes" : "rag_metadata") },
        })
        await using (var found = await find.ExecuteReaderAsync(cancellationToken))
        {
            await found.ReadAsync(cancellationToken);
            schema = await found.IsDBNullAsync(0, cancellationToken)
                ? throw new MigrationException("The search path of the connection names no schema that is there: create it, or set Search Path.")
                : found.GetString(0);
            if (!found.GetBoolean(1))
            {
                return (schema, applied);
            }
        }

        await using var select = new NpgsqlCommand(SelectHistory(set, schema), connection);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            applied[reader.GetInt64(0)] = reader.GetFieldValue<DateTimeOffset>(1);
        }

        return (schema, applied);
    }

    // The library writes UTC into a column without a time zone.
    private static string SelectHistory(MigrationSet set, string schema) =>
        $"SELECT version, applied_on AT TIME ZONE 'UTC' FROM \"{schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\".{set.HistoryTable()}";
}

/// <summary>One numbered step of a set.</summary>
/// <param name="Set">The set it belongs to.</param>
/// <param name="Number">Its number, unique in the set; steps run in this order.</param>
/// <param name="Description">What it does.</param>
/// <param name="AppliedAt">When it ran on this database; null when it has not.</param>
public sealed record MigrationStep(MigrationSet Set, long Number, string Description, DateTimeOffset? AppliedAt)
{
    /// <summary>What going up deletes for good; null: nothing.</summary>
    public string? Deletes { get; init; }
}

/// <summary>What happens while a database is migrated.</summary>
/// <param name="Kind">What has just happened.</param>
/// <param name="Step">The step it happened to; null for <see cref="MigrationProgressKind.Waiting"/>.</param>
/// <param name="Elapsed">How long the step took; zero until it is done.</param>
public sealed record MigrationProgress(MigrationProgressKind Kind, MigrationStep? Step, TimeSpan Elapsed);

/// <summary>Kinds of <see cref="MigrationProgress"/>.</summary>
public enum MigrationProgressKind
{
    /// <summary>Another process migrates this database; this one waits for it.</summary>
    Waiting,

    /// <summary>A step begins.</summary>
    Started,

    /// <summary>A step has been applied and recorded.</summary>
    Applied,

    /// <summary>A step has been taken back.</summary>
    TakenBack,

    /// <summary>An index of an applied step was missing or invalid and has been built again.</summary>
    Repaired,
}

/// <summary>A database could not be migrated. The message says which step failed and why; the steps before it stay applied.</summary>
public sealed class MigrationException(string message, Exception? innerException = null) : Exception(message, innerException);
