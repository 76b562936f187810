using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Status;

/// <summary>Reads what of a cabinet is kept with a reason: rows, chunks, and rows of the marketplace that could not be stored. One round trip to each database.</summary>
public sealed class FailureReader(MainDatabase main, RagDatabase rag)
{
    /// <summary>How many of each kind are listed.</summary>
    public const int Most = 50;

    // The longest unfit texts are looked at in the database, not in a browser.
    private const string Rows = """
        SELECT source_table, source_id, attempts, left(last_error, 1000) AS error, next_attempt_at, first_changed_at, count(*) OVER () AS total
        FROM rag_changes
        WHERE cabinet_id = $1 AND attempts > 0 AND source_table <> '*'
        ORDER BY first_changed_at, source_table, source_id
        LIMIT $2
        """;

    private const string Rejects = """
        SELECT entity, row_key, left(reason, 1000) AS reason, left(row::text, 4096) AS row, first_seen_at, last_seen_at, count(*) OVER () AS total
        FROM wb_sync_rejects
        WHERE cabinet_id = $1
        ORDER BY last_seen_at DESC, entity, row_key
        LIMIT $2
        """;

    // Through the index of pending chunks, which alone has their order.
    private const string Chunks = """
        SELECT m.source_table, m.source_id, m.chunk_index, m.embed_attempts, left(m.embed_error, 1000) AS error, m.next_attempt_at,
               left(m.chunk_text, 200) AS text, count(*) OVER () AS total
        FROM rag_metadata AS m
        WHERE m.cabinet_id = $1 AND m.embedded_hash IS DISTINCT FROM m.chunk_hash AND m.embed_error IS NOT NULL
        ORDER BY m.chunk_hash
        LIMIT $2
        """;

    /// <summary>Reads them.</summary>
    public async Task<CabinetFailures> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var batch = main.Source.CreateBatch();
        foreach (var sql in (string[])[Rows, Rejects])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Parameter.Of(cabinetId), Parameter.Of(Most) } });
        }

        await using var command = rag.Source.CreateCommand(Chunks);
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(Most));

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = await ListAsync(row, () => new FailedRow(
            Kind(row), row.Of<long>("source_id"), row.Of<int>("attempts"), row.Of<string?>("error"), row.Of<DateTimeOffset?>("next_attempt_at"),
            row.Of<DateTimeOffset>("first_changed_at")), cancellationToken);
        await row.NextResultAsync(cancellationToken);
        var rejects = await ListAsync(row, () => new KeptAsideRow(
            row.Of<string>("entity"), row.Of<string>("row_key"), row.Of<string>("reason"), row.Of<DateTimeOffset>("first_seen_at"),
            row.Of<DateTimeOffset>("last_seen_at"), row.Of<string?>("row")), cancellationToken);
        await using var chunk = await command.ExecuteReaderAsync(cancellationToken);
        var chunks = await ListAsync(chunk, () => new FailedChunk(
            Kind(chunk), chunk.Of<long>("source_id"), chunk.Of<int>("chunk_index"), chunk.Of<int>("embed_attempts"), chunk.Of<string?>("error"),
            chunk.Of<DateTimeOffset?>("next_attempt_at"), chunk.Of<string?>("text")), cancellationToken);
        return new CabinetFailures(
            cabinetId, new FailedRowList(rows.Total, rows.Items), new FailedChunkList(chunks.Total, chunks.Items), new KeptAsideList(rejects.Total, rejects.Items));
    }

    private static async Task<(long Total, List<T> Items)> ListAsync<T>(NpgsqlDataReader row, Func<T> read, CancellationToken cancellationToken)
    {
        List<T> items = [];
        long total = 0;
        while (await row.ReadAsync(cancellationToken))
        {
            total = row.Of<long>("total");
            items.Add(read());
        }

        return (total, items);
    }

    private static string Kind(NpgsqlDataReader row) => row.Of<string>("source_table") is var table && table.StartsWith("wb_", StringComparison.Ordinal) ? table[3..] : table;
}

/// <summary>What of a cabinet is kept with a reason.</summary>
/// <param name="CabinetId">Whose.</param>
/// <param name="Rows">Rows that could not be read or rendered.</param>
/// <param name="Chunks">Texts that the provider refused.</param>
/// <param name="KeptAside">Rows of the marketplace that could not be read or stored.</param>
public sealed record CabinetFailures(long CabinetId, FailedRowList Rows, FailedChunkList Chunks, KeptAsideList KeptAside);

/// <summary>Rows that could not be read or rendered.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Listed">The first 50.</param>
public sealed record FailedRowList(long Total, IReadOnlyList<FailedRow> Listed);

/// <summary>Texts that the provider refused.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Listed">The first 50.</param>
public sealed record FailedChunkList(long Total, IReadOnlyList<FailedChunk> Listed);

/// <summary>Rows of the marketplace that could not be read or stored.</summary>
/// <param name="Total">How many there are.</param>
/// <param name="Listed">The first 50.</param>
public sealed record KeptAsideList(long Total, IReadOnlyList<KeptAsideRow> Listed);

/// <summary>A row that could not be read or rendered; its former chunk stays.</summary>
/// <param name="Kind">Its entity.</param>
/// <param name="RowId">Primary key of <c>wb_&lt;kind&gt;</c>.</param>
/// <param name="Attempts">So far.</param>
/// <param name="Error">Why the last one failed.</param>
/// <param name="NextAttemptAt">Null: with the next run.</param>
/// <param name="FirstChangedAt">Since when it waits.</param>
public sealed record FailedRow(string Kind, long RowId, int Attempts, string? Error, DateTimeOffset? NextAttemptAt, DateTimeOffset FirstChangedAt);

/// <summary>A text that the provider refused.</summary>
/// <param name="Kind">Its entity.</param>
/// <param name="RowId">Primary key of <c>wb_&lt;kind&gt;</c>.</param>
/// <param name="ChunkIndex">0, or the number of a part of a long text.</param>
/// <param name="Attempts">So far.</param>
/// <param name="Error">Why the last one failed.</param>
/// <param name="NextAttemptAt">Null: with the next run.</param>
/// <param name="Text">How it begins.</param>
public sealed record FailedChunk(string Kind, long RowId, int ChunkIndex, int Attempts, string? Error, DateTimeOffset? NextAttemptAt, string? Text);

/// <summary>A row of the marketplace that could not be read or stored; it is tried again when it comes again.</summary>
/// <param name="Entity">Of the sync.</param>
/// <param name="RowKey">Its identity, or a hash of it.</param>
/// <param name="Reason">Why.</param>
/// <param name="FirstSeenAt">When it came first.</param>
/// <param name="LastSeenAt">When it came last.</param>
/// <param name="Row">JSON, cut to 4 KiB.</param>
public sealed record KeptAsideRow(string Entity, string RowKey, string Reason, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, string? Row);
