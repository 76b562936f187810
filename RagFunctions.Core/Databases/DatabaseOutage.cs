using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>
/// A database cannot serve now and may later, without anything here being wrong: no connection, a server that starts or stops, no room,
/// read-only after a switch of roles, a time-out, a lock that does not come.
/// </summary>
public static class DatabaseOutage
{
    // Connection; resources; operator intervention (stopped, cancelled, time-out); limits of the system; roll-back by conflict; not in the
    // right state (locked); read-only.
    private static readonly string[] Kinds = ["08", "53", "57", "58", "40", "55", "25006", "28", "3D"];

    /// <summary>It is that.</summary>
    public static bool Is(Exception error) => error switch
    {
        PostgresException postgres => Array.Exists(Kinds, kind => postgres.SqlState.StartsWith(kind, StringComparison.Ordinal)),
        NpgsqlException or TimeoutException => true,
        AggregateException several => several.InnerExceptions.Any(Is),
        _ => false,
    };
}
