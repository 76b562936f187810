using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Migrations.Rag.Search;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// The change of the index from one embedder to another while search goes on: begun, built by the ordinary runs, and finished or given up.
/// For the operators' command; it needs the rights of the tables' owner. Each step may be repeated, also after it was killed; of several at
/// once the later ones wait, and find what the first has done.
/// </summary>
public sealed class ModelSwitch(RagDatabase rag, IndexEmbedder embedder)
{
    private const string Begin = "INSERT INTO rag_next_embedder (model, dimensions, passage_prefix, vectors) VALUES ($1, $2, $3, 'rag_next_embeddings'::regclass)";

    // While nothing is being built nearly every chunk would stand in it, and each write would pay for it; so it is there only meanwhile.
    private const string CreateIndex = """
        CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_rag_metadata_next ON rag_metadata (cabinet_id, chunk_hash)
        WHERE next_hash IS DISTINCT FROM chunk_hash
        """;

    private const string DropInvalidIndex = """
        DO $drop$
        BEGIN
            IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('idx_rag_metadata_next') AND NOT indisvalid) THEN
                DROP INDEX idx_rag_metadata_next;
            END IF;
        END
        $drop$;
        """;

    // Runs and readers take these in orders of their own. So nobody is made to wait longer than the server takes to look for a deadlock:
    // who does not get them all at once lets go and tries again.
    private const string LockAll = """
        SET LOCAL lock_timeout = '400ms';
        LOCK TABLE rag_index_status, rag_metadata, rag_embeddings, rag_vector_bits, rag_next_embeddings, rag_next_vector_bits, rag_embedder,
            rag_next_embedder IN ACCESS EXCLUSIVE MODE;
        """;

    private const string NotMoved = """
        SELECT s.cabinet_id FROM rag_index_status AS s
        WHERE s.is_active AND NOT s.on_next AND (SELECT m.id FROM rag_metadata AS m WHERE m.cabinet_id = s.cabinet_id LIMIT 1) IS NOT NULL
        ORDER BY s.cabinet_id
        """;

    // Of those that wait in either generation; all others have nothing here. Cabinets that are hidden have not moved: their chunks wait now.
    private const string TakeOverWaiting = """
        UPDATE rag_metadata
        SET pending_since = CASE WHEN next_hash IS DISTINCT FROM chunk_hash THEN COALESCE(pending_since, clock_timestamp()) END,
            embed_attempts = next_attempts, embed_error = next_error, next_attempt_at = next_retry_at,
            next_attempts = 0, next_error = NULL, next_retry_at = NULL
        WHERE embedded_hash IS DISTINCT FROM chunk_hash OR next_hash IS DISTINCT FROM chunk_hash;
        """;

    private const string TakeOverState = """
        ALTER TABLE rag_metadata DROP COLUMN embedded_hash, DROP COLUMN embedded_model;
        ALTER TABLE rag_metadata RENAME COLUMN next_hash TO embedded_hash;
        ALTER TABLE rag_metadata RENAME COLUMN next_model TO embedded_model;
        ALTER TABLE rag_metadata ADD COLUMN next_hash varchar(64) COLLATE "C", ADD COLUMN next_model text;
        ALTER INDEX idx_rag_metadata_next RENAME TO idx_rag_metadata_pending;
        DELETE FROM rag_embedder;
        INSERT INTO rag_embedder (model, dimensions, passage_prefix) SELECT model, dimensions, passage_prefix FROM rag_next_embedder;
        DELETE FROM rag_provider;
        INSERT INTO rag_provider SELECT * FROM rag_next_provider;
        """;

    private const string Forget = """
        UPDATE rag_index_status SET on_next = false WHERE on_next;
        DELETE FROM rag_next_embedder;
        DELETE FROM rag_next_provider;
        """;

    private const string EmptyTables = "TRUNCATE rag_next_vector_bits, rag_next_embeddings;";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(300);

    /// <summary>How often the tables are asked for before the command says that they are too busy: about a minute.</summary>
    internal int Tries { get; init; } = 100;

    /// <summary>Begins a next generation, or goes on with the one that is being built. The runs of workers that know its embedder build it.</summary>
    /// <returns>False: it was begun before.</returns>
    /// <exception cref="ModelSwitchException">The index cannot change to this embedder now; nothing was changed.</exception>
    public async Task<bool> BeginAsync(EmbedderIdentity next, CancellationToken cancellationToken)
    {
        // Before the waiting, so that what cannot be is refused at once; and after it, because somebody else may have begun meanwhile.
        await CheckAsync(next, cancellationToken);
        await using var alone = await AloneAsync(cancellationToken);
        var begun = await CheckAsync(next, cancellationToken);
        if (!begun)
        {
            await LockedAsync(
                async (connection, token) =>
                {
                    await ExecuteAsync(connection, EmptyTables + VectorColumn.OfLength(next.Dimensions, "rag_next_embeddings"), token);
                    await using var record = new NpgsqlCommand(Begin, connection)
                    {
                        Parameters = { Parameter.Of(next.Model), Parameter.Of(next.Dimensions), Parameter.Of(next.PassagePrefix) },
                    };
                    await record.ExecuteNonQueryAsync(token);
                },
                cancellationToken);
        }

        await BuildIndexAsync(cancellationToken);
        return !begun;
    }

    /// <summary>Whether <see cref="BeginAsync"/> would go on with what is begun already.</summary>
    /// <exception cref="ModelSwitchException">The index cannot change to this embedder now.</exception>
    public async Task<bool> CheckAsync(EmbedderIdentity next, CancellationToken cancellationToken)
    {
        var generations = await embedder.ReadAsync(cancellationToken);
        return generations switch
        {
            { Active: null } => throw new ModelSwitchException("The index holds no vector yet: it takes another model at once."),
            { Active: var active } when active == next => throw new ModelSwitchException($"The index is made with {active} already."),
            { Next: { } other } when other != next => throw new ModelSwitchException(
                $"The index is changing to {other}: rag model finish or rag model abandon first."),
            { Active: var active } when !embedder.IsConfigured(active!) => throw new ModelSwitchException(
                $"Embeddings:* must go on naming the active embedder, {active}, until the change is finished: the runs keep it right."),
            _ when !embedder.IsConfigured(next) => throw new ModelSwitchException(
                $"The settings do not name {next}: set Embeddings:Next:Model, Embeddings:Next:Dimensions and what else its embedder needs."),
            _ => generations.Next is not null,
        };
    }

    /// <summary>Makes the next generation the active one and drops the former.</summary>
    /// <returns>False: there is no next generation, for example because it is finished.</returns>
    /// <exception cref="ModelSwitchException">Cabinets have not moved yet, or something of somebody else depends on the former tables; nothing was changed.</exception>
    public async Task<bool> FinishAsync(CancellationToken cancellationToken)
    {
        await using var alone = await AloneAsync(cancellationToken);
        if ((await embedder.ReadAsync(cancellationToken)).Next is null)
        {
            return false;
        }

        await using (var look = await NewConnectionAsync(cancellationToken))
        {
            if (await ListAsync(look, NotMoved, cancellationToken) is { Count: > 0 } waiting)
            {
                throw NotMovedYet(waiting);
            }
        }

        await BuildIndexAsync(cancellationToken);
        await LockedAsync(
            async (connection, token) =>
            {
                // A cabinet may have come back since.
                if (await ListAsync(connection, NotMoved, token) is { Count: > 0 } notMoved)
                {
                    throw NotMovedYet(notMoved);
                }

                try
                {
                    await ExecuteAsync(connection, string.Join('\n', TakeOverWaiting, TakeOverState, NextTables.TakeRights, NextTables.TakePlace, NextTables.Create, Forget), token);
                }
                catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
                {
                    throw new ModelSwitchException(
                        $"Something that is not this system's depends on the tables of the former generation; drop it, finish, and make it again: {error.Detail}");
                }
            },
            cancellationToken);
        return true;
    }

    /// <summary>Gives the next generation up: search is on the active one again, which was kept right all the time, and what was built is dropped.</summary>
    /// <returns>False: there is none.</returns>
    /// <exception cref="ModelSwitchException">The tables are too busy; nothing was changed.</exception>
    public async Task<bool> AbandonAsync(CancellationToken cancellationToken)
    {
        await using var alone = await AloneAsync(cancellationToken);
        if ((await embedder.ReadAsync(cancellationToken)).Next is null)
        {
            return false;
        }

        await LockedAsync(
            (connection, token) => ExecuteAsync(connection, EmptyTables + Forget + NextTables.DropColumns + NextTables.AddColumns, token), cancellationToken);
        return true;
    }

    private static ModelSwitchException NotMovedYet(List<long> cabinets) => new(
        $"{cabinets.Count} {(cabinets.Count == 1 ? "cabinet has" : "cabinets have")} not moved to the next generation yet "
        + $"({string.Join(", ", cabinets.Take(10))}{(cabinets.Count > 10 ? ", …" : "")}): rag model status shows how far they are. Nothing was changed.");

    // Two builds of one index at once would end each other, and two beginnings write the same row.
    private Task<MigrationLock> AloneAsync(CancellationToken cancellationToken) => MigrationLock.TakeAsync(rag.Source, () => { }, cancellationToken);

    private async Task BuildIndexAsync(CancellationToken cancellationToken)
    {
        await using var connection = await NewConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, DropInvalidIndex, cancellationToken);
        await ExecuteAsync(connection, CreateIndex, cancellationToken);
    }

    /// <summary>Does it in one transaction that has all tables to itself.</summary>
    private async Task LockedAsync(Func<NpgsqlConnection, CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        for (var left = Tries; ; left--)
        {
            await using var connection = await NewConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            try
            {
                await ExecuteAsync(connection, LockAll, cancellationToken);
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                if (left <= 1)
                {
                    throw new ModelSwitchException("The tables of the index are too busy, so nothing was changed: try again when fewer runs are under way.");
                }

                await Task.Delay(BetweenTries, cancellationToken);
                continue;
            }

            await ExecuteAsync(connection, "SET LOCAL lock_timeout = 0", cancellationToken);
            await change(connection, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return;
        }
    }

    private async Task<NpgsqlConnection> NewConnectionAsync(CancellationToken cancellationToken) => await rag.Source.OpenConnectionAsync(cancellationToken);

    private static async Task<List<long>> ListAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        while (await row.ReadAsync(cancellationToken))
        {
            ids.Add(row.GetInt64(0));
        }

        return ids;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>A change of the model cannot go on; the message is for the operator.</summary>
public sealed class ModelSwitchException(string message) : Exception(message);
