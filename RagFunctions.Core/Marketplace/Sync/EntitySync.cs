using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>
/// Synchronises one entity of one cabinet: what an activity calls. Every ending is a value. Called twice at once, one call works and the other
/// answers busy; killed at any point, the next call goes on after the last committed page.
/// </summary>
public sealed partial class EntitySync
{
    private readonly MainDatabase _main;
    private readonly CabinetStore _cabinets;
    private readonly SyncCursorStore _cursors;
    private readonly Dictionary<SyncEntity, IEntitySteps> _steps;
    private readonly TimeProvider _time;
    private readonly WorkerClock _clock;
    private readonly ILogger<EntitySync> _logger;
    private volatile bool _keysAreFree;

    internal EntitySync(
        MainDatabase main, CabinetStore cabinets, SyncCursorStore cursors, IEnumerable<IEntitySteps> steps, TimeProvider time, WorkerClock clock,
        ILogger<EntitySync> logger)
    {
        _main = main;
        _cabinets = cabinets;
        _cursors = cursors;
        _steps = steps.ToDictionary(step => step.Entity);
        _time = time;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Runs the entity, if a person asks (<paramref name="evenIfNotDue"/>) whether or not it is due.</summary>
    public Task<EntitySyncResult> RunAsync(long cabinetId, SyncEntity entity, bool evenIfNotDue, CancellationToken cancellationToken) =>
        RunAsync(cabinetId, entity, evenIfNotDue ? _time.GetUtcNow() : null, cancellationToken);

    /// <summary>Runs the entity.</summary>
    /// <param name="askedAt">
    /// When a person asked: due times and a rejection before that instant do not count, limits do. What succeeded or was rejected after it
    /// has served the person, so that a repeated delivery costs no second reading. Null = only if it is due.
    /// </param>
    /// <param name="cancellationToken">Cancels between and within calls; committed pages stay.</param>
    public async Task<EntitySyncResult> RunAsync(long cabinetId, SyncEntity entity, DateTimeOffset? askedAt, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var cabinet = await _cabinets.OpenAsync(cabinetId, cancellationToken);
        if (cabinet is not { IsActive: true })
        {
            return new EntitySyncResult(entity, EntitySyncStatus.Inactive);
        }

        if (cabinet.Access is null)
        {
            return new EntitySyncResult(entity, EntitySyncStatus.Failed, Reason: cabinet.Problem);
        }

        if (cabinet.TokenRejectedAt is { } rejected && (askedAt is null ? now - rejected < DueRules.AfterRefusal : rejected > askedAt))
        {
            return new EntitySyncResult(entity, EntitySyncStatus.Rejected, Reason: $"the token was rejected on {rejected:yyyy-MM-dd HH:mm} UTC");
        }

        if (await KeyProblemAsync(cancellationToken) is { } problem)
        {
            return new EntitySyncResult(entity, EntitySyncStatus.Failed, Reason: problem);
        }

        var lease = await _cursors.AcquireAsync(cabinetId, entity, cancellationToken);
        if (lease is null)
        {
            return new EntitySyncResult(entity, EntitySyncStatus.Busy);
        }

        // By a wrong clock the next time would be kept as one that does not come for days.
        if (_clock.Complaint(lease.DatabaseNow) is { } complaint)
        {
            await _cursors.ReleaseAsync(lease, cancellationToken);
            LogClock(cabinetId, entity, complaint);
            return new EntitySyncResult(entity, EntitySyncStatus.Failed, Reason: complaint);
        }

        if (askedAt is null ? !lease.IsDue(now) : lease.SucceededAt > askedAt)
        {
            await _cursors.ReleaseAsync(lease, cancellationToken);
            return lease.NotBefore > now
                ? new EntitySyncResult(entity, EntitySyncStatus.Waiting, WaitUntil: lease.NotBefore)
                : new EntitySyncResult(entity, EntitySyncStatus.NotDue, WaitUntil: lease.DueAt);
        }

        return await RunLeasedAsync(cabinet, cabinet.Access, entity, lease, now, cancellationToken);
    }

    private async Task<EntitySyncResult> RunLeasedAsync(
        OpenCabinet cabinet, Client.MarketplaceAccess access, SyncEntity entity, SyncLease lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var log = await _cursors.OpenLogAsync(lease, now, cancellationToken);
        var session = new SyncSession(_main, access, lease, now);
        SyncEnd end;
        try
        {
            end = await _steps[entity].RunAsync(session, cancellationToken);
        }
        catch (SyncLeaseLostException)
        {
            return Result(session, entity, new SyncEnd(EntitySyncStatus.Busy));
        }
        catch (OperationCanceledException)
        {
            // The next worker need not wait for the lease to run out; its log row is closed by that worker.
            await _cursors.ReleaseAsync(lease, CancellationToken.None);
            throw;
        }
        catch (Exception e)
        {
            LogBroken(e, access.CabinetId, entity);
            end = SyncEnd.Failed(e is PostgresException { SqlState: var code, MessageText: var text } ? $"{code}: {text}" : e.GetType().Name);
        }

        var result = Result(session, entity, end);
        await _cursors.FinishAsync(lease, log, cabinet.TokenVersion, result, NextDue(result.Status, entity, access.Kind, lease, now), _time.GetUtcNow(), cancellationToken);
        LogEnded(access.CabinetId, entity, result.Status, result.RowsRead, result.RowsInserted, result.RowsUpdated, result.Reason);
        if (result.RowsRejected > 0)
        {
            LogRejected(access.CabinetId, entity, result.RowsRejected);
        }

        return result;
    }

    private static DateTimeOffset? NextDue(EntitySyncStatus status, SyncEntity entity, TokenKind kind, SyncLease lease, DateTimeOffset now) => status switch
    {
        EntitySyncStatus.Ok => now + DueRules.Interval(entity, kind) - DueRules.Tolerance,
        EntitySyncStatus.Forbidden => now + DueRules.AfterRefusal,
        EntitySyncStatus.Failed => now + DueRules.AfterFailure(lease.Failures + 1) - DueRules.Tolerance,
        _ => null,
    };

    private static EntitySyncResult Result(SyncSession session, SyncEntity entity, SyncEnd end) =>
        new(entity, end.Status, session.Read, session.Inserted, session.Updated, end.WaitUntil, end.Reason, session.Rejected);

    private async Task<string?> KeyProblemAsync(CancellationToken cancellationToken)
    {
        if (_keysAreFree)
        {
            return null;
        }

        var present = await OriginalKeys.PresentAsync(_main.Source, cancellationToken);
        if (present.Count == 0)
        {
            _keysAreFree = true;
            return null;
        }

        return $"the original's unique constraints would refuse rows of the marketplace: {string.Join(", ", present)}. "
            + "Drop them with 'rag migrate main --drop-original-keys'.";
    }

    [LoggerMessage(8010, LogLevel.Information, "Cabinet {CabinetId}: {Entity} {Status}, {Read} rows read, {Inserted} new, {Updated} changed. {Reason}")]
    private partial void LogEnded(long cabinetId, SyncEntity entity, EntitySyncStatus status, long read, long inserted, long updated, string? reason);

    [LoggerMessage(8012, LogLevel.Warning, "Cabinet {CabinetId}: {Rejected} rows of {Entity} could not be stored and are kept in wb_sync_rejects")]
    private partial void LogRejected(long cabinetId, SyncEntity entity, long rejected);

    [LoggerMessage(8013, LogLevel.Error, "Cabinet {CabinetId}: {Entity} is not synchronised: {Complaint}")]
    private partial void LogClock(long cabinetId, SyncEntity entity, string complaint);

    [LoggerMessage(8011, LogLevel.Error, "Cabinet {CabinetId}: the sync of {Entity} broke")]
    private partial void LogBroken(Exception e, long cabinetId, SyncEntity entity);
}
