using Npgsql;

namespace RagFunctions.Tests.Postgres;

/// <summary>How one schema gets into an empty database.</summary>
/// <param name="Fingerprint">Changes whenever <paramref name="Build"/> would build something else: template databases are
/// kept on the server between runs and found again by it.</param>
/// <param name="Build">Brings the schema into the database behind the data source.</param>
public sealed record TestSchema(string Fingerprint, Func<NpgsqlDataSource, Task> Build);
