using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// The one row (<c>rag_provider</c>) by which all workers of all cabinets keep away from a provider that asked for it. Times are
/// those of the database's clock.
/// </summary>
/// <remarks>
/// Only a request sent after the last pause was over tells something new: the failures of those that were on their way when the
/// pause was set neither lengthen it nor count. So eight workers that fail together wait as long as one. Without a time from the
/// provider the pause is 5 s and doubles from failure to failure up to 5 min. A success after the pause ends the row
/// (<see cref="VectorWriter"/>, in the statement that stores); one during the pause is of a request sent before and proves nothing.
/// The embedder of the next generation has a row of its own (<c>rag_next_provider</c>): its trouble must not hold up the active one.
/// </remarks>
internal sealed class ProviderPause
{
    /// <summary>When requests may be sent again; one row, or none when they may be sent now.</summary>
    internal const string Current =
        """
        SELECT not_before FROM rag_provider WHERE not_before > clock_timestamp()
        """;

    /// <summary>A pause, under way or over without a success since: until when, and whether it is over. None: the provider works.</summary>
    internal const string Pauses =
        """
        SELECT not_before, not_before <= clock_timestamp() FROM rag_provider WHERE not_before IS NOT NULL
        """;

    // $1 seconds asked for by the provider or null, $2 reason, $3 seconds since the failed request was sent.
    private const string Set =
        """
        INSERT INTO rag_provider AS p (singleton, not_before, reason, updated_at)
        VALUES (true, clock_timestamp() + make_interval(secs => COALESCE($1, 5)), $2, clock_timestamp())
        ON CONFLICT (singleton) DO UPDATE SET (not_before, reason, updated_at) =
            (SELECT
                CASE WHEN fresh THEN clock_timestamp() + COALESCE(make_interval(secs => $1), GREATEST(interval '5 seconds',
                        LEAST(interval '5 minutes', COALESCE(2 * (p.not_before - p.updated_at), interval '0'))))
                     ELSE GREATEST(p.not_before, clock_timestamp() + make_interval(secs => $1)) END,
                EXCLUDED.reason,
                CASE WHEN fresh THEN clock_timestamp() ELSE p.updated_at END
             FROM (SELECT COALESCE(clock_timestamp() - make_interval(secs => $3) >= p.not_before, true) AS fresh) AS request)
        RETURNING GREATEST(p.not_before, clock_timestamp() + interval '1 second')
        """;

    private readonly RagDatabase _rag;
    private readonly string _current;
    private readonly string _set;

    /// <param name="rag">The index.</param>
    /// <param name="generation">Whose embedder pauses.</param>
    public ProviderPause(RagDatabase rag, Generation generation) => (_rag, _current, _set) = (rag, generation.Sql(Current), generation.Sql(Set));

    // A provider whose header says "tomorrow" is asked again after an hour.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Records that the provider wants to be left alone.</summary>
    /// <param name="asked">For how long it asks, if it says so.</param>
    /// <param name="reason">For the operator; without secrets.</param>
    /// <param name="sinceSent">How long ago the failed request was sent.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>When requests may be sent again; always in the future.</returns>
    public async Task<DateTimeOffset> PauseAsync(TimeSpan? asked, string reason, TimeSpan sinceSent, CancellationToken cancellationToken)
    {
        await using var command = _rag.Source.CreateCommand(_set);
        command.Parameters.Add(Parameter.Of((asked > Longest ? Longest : asked)?.TotalSeconds));
        command.Parameters.Add(Parameter.Of(reason));
        command.Parameters.Add(Parameter.Of(sinceSent.TotalSeconds));
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    /// <summary>When requests may be sent again; null: now.</summary>
    public async Task<DateTimeOffset?> CurrentAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_current, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime notBefore ? new DateTimeOffset(notBefore) : null;
    }
}
