using RagFunctions.Dev.Fakes.Embeddings;

namespace RagFunctions.Dev.Bench;

/// <summary>Lets engine and floor take turns on cabinets of one size and keeps the readings.</summary>
internal sealed class BenchRun(BenchDatabase database, BenchWorkerProcess engine, BenchWorkerProcess floor)
{
    private const string CountPending = "SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash";

    // The floor did the same job only where it made the same texts of the same rows.
    private const string CountUnlike = """
        SELECT count(*)
        FROM (SELECT source_table, source_id, chunk_index, chunk_hash FROM rag_metadata WHERE cabinet_id = $1) AS engine
        FULL JOIN (SELECT source_table, source_id, chunk_index, chunk_hash FROM floor_metadata WHERE cabinet_id = $1) AS floor
            USING (source_table, source_id, chunk_index)
        WHERE engine.chunk_hash IS DISTINCT FROM floor.chunk_hash
        """;

    // A worker lives for days: until its code is compiled for good a rebuild of a small cabinet takes twice as long.
    private const int WarmUps = 6;

    /// <summary>One cabinet through the four steps, both subjects at each; small ones first, so that nothing is measured cold.</summary>
    public async Task<List<BenchLine>> MeasureAsync(int rows, int repeats, Action<string> tell, CancellationToken cancellationToken)
    {
        tell($"{rows:N0} rows: warming up");
        for (var i = 0; i < WarmUps; i++)
        {
            await OnceAsync(Math.Min(rows, 1_500), seed: 0, [], tell: null, cancellationToken);
        }

        Dictionary<BenchStep, BenchLine> lines = [];
        for (var repeat = 1; repeat <= repeats; repeat++)
        {
            tell($"{rows:N0} rows: {repeat} of {repeats}");
            await OnceAsync(rows, repeat, lines, tell, cancellationToken);
        }

        return [.. lines.Values];
    }

    private async Task OnceAsync(
        int rows, int seed, Dictionary<BenchStep, BenchLine> lines, Action<string>? tell, CancellationToken cancellationToken)
    {
        var cabinetId = await new GeneratedCabinet(rows, seed).WriteAsync(database.Source, $"bench {rows} #{seed}", cancellationToken);
        foreach (var step in Enum.GetValues<BenchStep>())
        {
            await database.PrepareAsync(step, cabinetId, cancellationToken);
            var order = new BenchOrder(step, cabinetId);
            // Taking turns at going first: the second finds warmer caches.
            var engineFirst = seed % 2 == 0;
            var first = await (engineFirst ? engine : floor).DoAsync(order, cancellationToken);
            await CheckpointAsync(cancellationToken);
            var second = await (engineFirst ? floor : engine).DoAsync(order, cancellationToken);
            var line = new BenchLine(rows, step);
            if (!lines.TryAdd(step, line))
            {
                line = lines[step];
            }

            line.Engine.Add(engineFirst ? first : second);
            line.Baseline.Add(engineFirst ? second : first);
            line.Wrong += await WrongChunksAsync(cabinetId, cancellationToken);
            tell?.Invoke($"  {step}: engine {line.Engine[^1].Milliseconds:N0} ms, floor {line.Baseline[^1].Milliseconds:N0} ms");
        }

        await PurgeAsync(cabinetId, cancellationToken);
    }

    /// <summary>Chunks that are pending, whose vector is not the vector of their text, or of which engine and floor made different texts.</summary>
    private async Task<long> WrongChunksAsync(long cabinetId, CancellationToken cancellationToken)
    {
        long wrong = 0;
        foreach (var sql in (string[])[CountPending, CountUnlike])
        {
            await using var count = database.Source.CreateCommand(sql);
            count.Parameters.Add(new() { Value = cabinetId });
            wrong += (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        }

        await using var sample = database.Source.CreateCommand(
            """
            SELECT m.chunk_text, e.embedding FROM rag_metadata m LEFT JOIN rag_embeddings e ON e.metadata_id = m.id
            WHERE m.cabinet_id = $1 ORDER BY m.chunk_hash LIMIT 500
            """);
        sample.Parameters.Add(new() { Value = cabinetId });
        await using var reader = await sample.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var expected = FakeEmbeddingsServer.VectorOf(reader.GetString(0), 1_536);
            if (await reader.IsDBNullAsync(1, cancellationToken) || !reader.GetFieldValue<Pgvector.Vector>(1).Memory.Span.SequenceEqual(expected))
            {
                wrong++;
            }
        }

        return wrong;
    }

    private Task CheckpointAsync(CancellationToken cancellationToken) => ExecuteAsync("CHECKPOINT", null, cancellationToken);

    private async Task PurgeAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await ExecuteAsync("DELETE FROM rag_metadata WHERE cabinet_id = $1", cabinetId, cancellationToken);
        await ExecuteAsync("DELETE FROM floor_metadata WHERE cabinet_id = $1", cabinetId, cancellationToken);
        await ExecuteAsync("DELETE FROM wb_cabinets WHERE id = $1", cabinetId, cancellationToken);
        await ExecuteAsync("VACUUM rag_metadata, rag_embeddings, floor_metadata, floor_embeddings", null, cancellationToken);
    }

    private async Task ExecuteAsync(string sql, long? cabinetId, CancellationToken cancellationToken)
    {
        await using var command = database.Source.CreateCommand(sql);
        command.CommandTimeout = 600;
        if (cabinetId is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>The readings of one step at one size.</summary>
internal sealed class BenchLine(int rows, BenchStep step)
{
    public int Rows { get; } = rows;

    public BenchStep Step { get; } = step;

    public List<BenchReading> Engine { get; } = [];

    public List<BenchReading> Baseline { get; } = [];

    /// <summary>Chunks found pending, without a vector, with the vector of another text, or with a text that the floor did not make.</summary>
    public long Wrong { get; set; }

    /// <summary>All of them.</summary>
    public IEnumerable<BenchReading> Readings => Engine.Concat(Baseline);

    /// <summary>Median time in milliseconds.</summary>
    public static double Median(IEnumerable<BenchReading> readings) => Middle(readings.Select(reading => reading.Milliseconds));

    /// <summary>Median processor time in milliseconds.</summary>
    public static double MedianCpu(IEnumerable<BenchReading> readings) => Middle(readings.Select(reading => reading.CpuMilliseconds));

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
