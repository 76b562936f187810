using Microsoft.Extensions.Logging;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>
/// Brings the index of one range of rows in step with the source: reads what the queue or the range names, renders, compares by hash,
/// writes the difference and nothing else. Embedding comes afterwards: what it changes is pending.
/// </summary>
/// <remarks>
/// May be called twice with the same input, also at the same time, also after the round has ended: a delivery waits for the other
/// one and then reads fresher rows, or finds its token gone. A queue row is removed only after the commit of what it asked for, and
/// only if it has not moved since.
/// </remarks>
public sealed class ChangeApplier(MainDatabase main, RagDatabase rag, ILogger<ChangeApplier> logger)
{
    /// <summary>Rows of one transaction: bounds memory, locks, and what is repeated after a lost connection.</summary>
    public const int RowsPerTransaction = 2_000;

    internal int PageRows { get; init; } = RowsPerTransaction;

    internal Func<SourceRow, RenderedRow> Render { get; init; } = ChunkRenderer.Render;

    /// <summary>Applies one range.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The range failed as a whole; what was not committed is still queued.</exception>
    public async Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken)
    {
        var result = await ObservedStep.RunAsync(
            "apply_changes", input.CabinetId, input.RunId, () => ApplyRangeAsync(input, cancellationToken));
        RagTelemetry.Skipped.Add(result.Unchanged, RagTelemetry.Cabinet(input.CabinetId));
        return result;
    }

    private async Task<ApplyChangesResult> ApplyRangeAsync(ApplyChangesInput input, CancellationToken cancellationToken)
    {
        await using var source = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var index = await rag.Source.OpenConnectionAsync(cancellationToken);
        var range = new RangeApplication(source, index, input, PageRows, Render, logger);
        long? first = input.Range.From ?? long.MinValue;
        while (first is { } start)
        {
            // Outside the transactions that hold the token: inside, the renewal of one would wait for the end of the other.
            if (!await LeaseHeartbeat.RenewAsync(index, input.CabinetId, input.Token, cancellationToken))
            {
                return range.Result with { Superseded = true };
            }

            first = await DatabaseRetries.Concurrency.ExecuteAsync(
                async token => await range.ApplyPageAsync(start, token), cancellationToken);
        }

        return range.Result;
    }
}

/// <summary>Input of the activity that applies one range of changes.</summary>
public sealed record ApplyChangesInput(long CabinetId, Guid RunId, long Token, RunMode Mode, DateTimeOffset AsOf, ChangeRange Range);

/// <summary>What one range of changes came to. Counts only, never texts.</summary>
/// <param name="Superseded">The token is no longer the cabinet's: nothing (more) was written.</param>
/// <param name="RowsRead">Source rows looked at.</param>
/// <param name="New">Chunks inserted.</param>
/// <param name="Updated">Chunks whose text changed.</param>
/// <param name="Unchanged">Chunks found equal and not written.</param>
/// <param name="Deleted">Chunks deleted.</param>
/// <param name="FailedRows">Rows that could not be read or rendered; they stay queued with their error.</param>
/// <param name="Blocked">Set when the guard kept chunks that would have been deleted.</param>
/// <param name="Error">First error of a failed row, without secrets or personal data.</param>
/// <param name="ReadMs">Milliseconds reading the source and, at the same time, what the index holds of it.</param>
/// <param name="RenderMs">Milliseconds rendering and hashing.</param>
/// <param name="SaveMs">Milliseconds comparing and writing.</param>
public sealed record ApplyChangesResult(
    bool Superseded = false,
    long RowsRead = 0,
    long New = 0,
    long Updated = 0,
    long Unchanged = 0,
    long Deleted = 0,
    long FailedRows = 0,
    BlockedEntity? Blocked = null,
    string? Error = null,
    long ReadMs = 0,
    long RenderMs = 0,
    long SaveMs = 0);
