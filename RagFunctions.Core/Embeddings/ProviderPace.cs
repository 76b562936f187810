using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// Leaves a part of the provider's tokens per minute to small runs. Large ones, of all cabinets and workers together, take turns in one row
/// (<c>rag_pace</c>), each turn as long as its tokens last at their share. So a first index does not use up the quota, and a changed order
/// of another cabinet is not refused because of it.
/// </summary>
internal sealed class ProviderPace(RagDatabase rag, EmbeddingsOptions options, TimeProvider time)
{
    // $1 seconds that the request lasts, $2 longest wait or null. The row's lock puts those who ask together in a line; the answer is how long until one's turn.
    private const string TakeTurn =
        """
        INSERT INTO rag_pace AS p (singleton, free_at) VALUES (true, clock_timestamp() + make_interval(secs => $1))
        ON CONFLICT (singleton) DO UPDATE SET free_at = GREATEST(p.free_at, clock_timestamp()) + make_interval(secs => $1)
        WHERE $2::float8 IS NULL OR p.free_at <= clock_timestamp() + make_interval(secs => $2)
        RETURNING extract(epoch FROM free_at - clock_timestamp())::float8 - $1
        """;

    /// <summary>Waits for the turn of a request of a large run; at once where the quota is not known. One round trip.</summary>
    /// <param name="tokens">What the request has, by estimate.</param>
    /// <param name="patience">The longest wait, for somebody who has something better to do; null: as long as it takes.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Null: the turn would come later, and none was taken. True: it waited, and the world may have moved on.</returns>
    public async Task<bool?> WaitAsync(long tokens, TimeSpan? patience, CancellationToken cancellationToken)
    {
        if (options.TokensPerMinute == 0)
        {
            return false;
        }

        await using var command = rag.Source.CreateCommand(TakeTurn);
        command.Parameters.Add(Parameter.Of(tokens * 60 / (options.TokensPerMinute * options.LargeRunsShare)));
        command.Parameters.Add(Parameter.Of(patience?.TotalSeconds));
        if (await command.ExecuteScalarAsync(cancellationToken) is not double seconds)
        {
            return null;
        }

        if (seconds <= 0)
        {
            return false;
        }

        await Task.Delay(TimeSpan.FromSeconds(seconds), time, cancellationToken);
        return true;
    }
}
