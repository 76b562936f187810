using Npgsql;

namespace RagFunctions.Dev.Bench;

/// <summary>The floor as a subject of the bench.</summary>
internal sealed class BaselineSubject : IBenchSubject
{
    private readonly NpgsqlDataSource _database;
    private readonly HttpClient _embeddings;
    private readonly Baseline _baseline;

    private BaselineSubject(NpgsqlDataSource database, HttpClient embeddings) =>
        (_database, _embeddings, _baseline) = (database, embeddings, new Baseline(database, database, embeddings));

    /// <summary>Connects and makes the floor's tables.</summary>
    public static async Task<BaselineSubject> CreateAsync(string connectionString, Uri embeddings, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UseVector();
        var client = new HttpClient { BaseAddress = new Uri(embeddings + "/"), Timeout = TimeSpan.FromMinutes(5) };
        var subject = new BaselineSubject(builder.Build(), client);
        await subject._baseline.PrepareAsync(cancellationToken);
        return subject;
    }

    /// <inheritdoc />
    public async Task<Func<CancellationToken, Task<(long Requests, long Inputs)>>> PrepareAsync(BenchOrder order, CancellationToken cancellationToken)
    {
        var ids = order.Step is BenchStep.Delta or BenchStep.Touched
            ? await BenchChanges.ReadAsync(_database, order.CabinetId, cancellationToken)
            : null;
        return async stop => await _baseline.RunAsync(order.CabinetId, ids, compare: order.Step is BenchStep.Touched or BenchStep.Rebuild, stop);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _embeddings.Dispose();
        return _database.DisposeAsync();
    }
}
