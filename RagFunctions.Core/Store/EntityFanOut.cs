using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Reads several entities of a cabinet at the same time, each over its own connections to both databases.</summary>
internal static class EntityFanOut
{
    // Two at a time: this process works on the rows of one entity while the databases read the other.
    private const int AtOnce = 2;

    /// <summary>Calls <paramref name="read"/> with (main, rag, entity) for each entity; the results are in the order of the entities.</summary>
    public static async Task<T[]> ReadAsync<T>(
        MainDatabase main, RagDatabase rag, IReadOnlyList<Entity> entities,
        Func<NpgsqlConnection, NpgsqlConnection, Entity, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var results = new T[entities.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, results.Length, options, async (i, token) =>
        {
            await using var source = await main.Source.OpenConnectionAsync(token);
            await using var index = await rag.Source.OpenConnectionAsync(token);
            results[i] = await read(source, index, entities[i], token);
        });
        return results;
    }

    /// <summary>The same, and an entity of which a statement fails keeps no other from being read.</summary>
    public static Task<EntityRead<T>[]> ReadEachAsync<T>(
        MainDatabase main, RagDatabase rag, IReadOnlyList<Entity> entities,
        Func<NpgsqlConnection, NpgsqlConnection, Entity, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(
            main, rag, entities,
            async (source, index, entity, token) =>
            {
                try
                {
                    return new EntityRead<T>(await read(source, index, entity, token), null);
                }
                catch (NpgsqlException error) when (StatementFailure.Is(error))
                {
                    return new EntityRead<T>(default, StatementFailure.Describe(entity.TableName(), error));
                }
            },
            cancellationToken);
}

/// <summary>What was read of an entity.</summary>
/// <param name="Value">Set unless it failed.</param>
/// <param name="Failure">Why it cannot be read.</param>
internal readonly record struct EntityRead<T>(T? Value, string? Failure);
