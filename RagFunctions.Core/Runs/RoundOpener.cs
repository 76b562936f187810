using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs.CatchUp;
using RagFunctions.Core.Runs.Lease;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>Opens a round: lease and token, mode, expired chunks, catch-up, ranges.</summary>
public sealed partial class RoundOpener(
    SourceFactsReader facts,
    RoundLease lease,
    RoundExpiry expiry,
    CatchUpQueue catchUp,
    ChangeQueue queue,
    CabinetActivity activity,
    RangePlanner planner,
    IndexEmbedder embedder,
    RefusedRun refused,
    IOptions<RunsOptions> options,
    ILogger<RoundOpener> logger)
{
    /// <summary>Opens the round, or says why not. Repeating a known (run, round) gives the same token, mode and business time.</summary>
    /// <exception cref="Npgsql.NpgsqlException">A database does not answer; the call may be repeated.</exception>
    public async Task<RoundStart> OpenAsync(BeginRoundInput input, CancellationToken cancellationToken)
    {
        var source = await facts.ReadAsync(input.CabinetId, cancellationToken);
        if (!source.IsActive)
        {
            await activity.DeactivateAsync(input.CabinetId, cancellationToken);
            return NotStarted(BeginStatus.Inactive, $"cabinet {input.CabinetId} is unknown or not active");
        }

        try
        {
            await embedder.EnsureAsync(cancellationToken);
        }
        catch (EmbedderMismatchException refusal)
        {
            return NotStarted(BeginStatus.Refused, refusal.Message, await refused.BookAsync(input, refusal.Message, cancellationToken));
        }

        var answer = await lease.TakeAsync(input, source, ChunkRenderer.Version, cancellationToken);
        switch (answer.Verdict)
        {
            case LeaseVerdict.Busy:
                return NotStarted(
                    BeginStatus.Busy, $"cabinet {input.CabinetId} is being indexed by {answer.Row.Owner}", answer.Row.ExpiresAt);
            case LeaseVerdict.Closed:
                return NotStarted(BeginStatus.Busy, $"round {input.Round} of run {input.RunId} is over, or the run was taken over");
            case LeaseVerdict.NotYet:
                return NotStarted(
                    BeginStatus.NotYet, $"cabinet {input.CabinetId} waits", answer.Row.NotBefore, answer.Row.NotBefore - answer.Row.Now);
            case LeaseVerdict.Take when answer.Mode == RunMode.Full:
                FullStarted(input.CabinetId);
                break;
        }

        // The queue's request is a stored one now. In a repeat it may be a newer one, which nobody has stored yet: it stays.
        if (answer.Verdict == LeaseVerdict.Take && source.FullRequestVersion is { } version)
        {
            await queue.DeleteFullRequestAsync(input.CabinetId, version, cancellationToken);
        }

        await expiry.DeleteAsync(input, answer.Token, answer.AsOf, cancellationToken);
        var plan = await PlanAsync(input, answer, cancellationToken);
        return new RoundStart(BeginStatus.Started, answer.Token, answer.Mode, answer.AsOf, plan.Ranges, Rows: plan.Rows);
    }

    private async Task<RangePlan> PlanAsync(BeginRoundInput input, LeaseAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Mode == RunMode.Full)
        {
            return await planner.PlanFullAsync(input.CabinetId, answer.AsOf, answer.Row.AllowMassDelete, cancellationToken);
        }

        if (answer is { Mode: RunMode.CatchUp, Row.CatchUpFrom: { } from })
        {
            await catchUp.EnqueueAsync(input.CabinetId, from.AddMinutes(-options.Value.CatchUpOverlapMinutes), cancellationToken);
        }

        return await planner.PlanDeltaAsync(input.CabinetId, answer.Row.AllowMassDelete, cancellationToken);
    }

    private static RoundStart NotStarted(BeginStatus status, string message, DateTimeOffset? notBefore = null, TimeSpan? wait = null) =>
        new(status, 0, RunMode.Incremental, default, [], notBefore, message, wait);

    [LoggerMessage(4010, LogLevel.Information, "Starting full_rebuild indexing for cabinet {CabinetId}")]
    private partial void FullStarted(long cabinetId);
}
