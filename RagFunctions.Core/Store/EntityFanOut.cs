using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Looks at several entities of a cabinet, each over a connection of its own to either database.</summary>
internal static class EntityFanOut
{
    // One is merged, counted or rendered here while the databases read another.
    private const int AtOnce = 2;

    /// <summary>What <paramref name="read"/> (main, rag, entity) says of each entity, in their order.</summary>
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
}
