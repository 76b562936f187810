using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs;

/// <summary>The one way a run is started: store what is asked for, then start. Nothing stored is lost when starting fails.</summary>
public sealed partial class StartIndex(
    MainDatabase main, RagDatabase rag, IndexRequests requests, ChangeQueue queue, IRunStarter starter, ILogger<StartIndex> logger)
{
    private const string IsActive = "SELECT EXISTS (SELECT FROM wb_cabinets WHERE id = $1 AND is_active)";

    private const string HasFullRun =
        "SELECT EXISTS (SELECT FROM rag_index_status WHERE cabinet_id = $1 AND full_completed_at IS NOT NULL AND is_active)";

    /// <summary>A caller's request (HTTP, command line).</summary>
    /// <returns>Accepted also when the run could not be started now: what is stored is the sweep's.</returns>
    public async Task<StartIndexResult> StartAsync(StartIndexRequest request, CancellationToken cancellationToken)
    {
        var cabinetId = request.CabinetId;
        if (!await ExistsAsync(main.Source, IsActive, cabinetId, cancellationToken))
        {
            return new StartIndexResult(StartIndexStatus.UnknownCabinet, RunMode.Incremental, 0, null);
        }

        var changes = request.ChangedIds?.Sum(pair => (long)pair.Value.Count);
        if (changes == 0 && !request.FullRebuild)
        {
            return new StartIndexResult(StartIndexStatus.NothingToDo, RunMode.Incremental, 0, null);
        }

        // Never indexed is a full run whatever is asked for; asking for it stores the reason why the answer says so.
        var full = request.FullRebuild || !await ExistsAsync(rag.Source, HasFullRun, cabinetId, cancellationToken);
        var mode = full ? RunMode.Full : changes is null ? RunMode.CatchUp : RunMode.Incremental;
        var accepted = changes > 0 ? await queue.EnqueueAsync(cabinetId, request.ChangedIds!, cancellationToken) : 0;
        if (mode != RunMode.Incremental || request.AllowMassDelete)
        {
            await requests.StoreAsync(cabinetId, mode, request.AllowMassDelete, cancellationToken);
        }

        if (changes > 0)
        {
            TriggeringDelta(cabinetId, changes.Value);
        }
        else if (mode == RunMode.CatchUp)
        {
            TriggeringWithoutDelta(cabinetId);
        }

        return new StartIndexResult(StartIndexStatus.Accepted, mode, accepted, await TryStartAsync(cabinetId, cancellationToken));
    }

    /// <summary>
    /// The sync of a cabinet has committed rows and their changes. Zero changes start nothing: an empty delta is no reason to run.
    /// </summary>
    /// <param name="changes">How many rows changed; null = this source cannot say which, so the cabinet catches up.</param>
    public async Task<StartedRun?> StartChangedAsync(long cabinetId, long? changes, CancellationToken cancellationToken)
    {
        switch (changes)
        {
            case 0:
                return null;
            case null:
                await requests.StoreOwnAsync(cabinetId, RunMode.CatchUp, cancellationToken);
                TriggeringWithoutDelta(cabinetId);
                break;
            default:
                TriggeringDelta(cabinetId, changes.Value);
                break;
        }

        return await TryStartAsync(cabinetId, cancellationToken);
    }

    /// <summary>Stores a request of at least <paramref name="mode"/> and starts the run: the weekly rebuild, the sweep.</summary>
    public async Task<StartedRun?> StartModeAsync(long cabinetId, RunMode mode, CancellationToken cancellationToken)
    {
        if (mode != RunMode.Incremental)
        {
            await requests.StoreOwnAsync(cabinetId, mode, cancellationToken);
        }

        return await TryStartAsync(cabinetId, cancellationToken);
    }

    private async Task<StartedRun?> TryStartAsync(long cabinetId, CancellationToken cancellationToken)
    {
        try
        {
            return await starter.StartAsync(cabinetId, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            NotStarted(cabinetId, exception);
            return null;
        }
    }

    private static async Task<bool> ExistsAsync(NpgsqlDataSource source, string sql, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(4030, LogLevel.Information, "Triggering Event-driven RAG indexing for cabinet {CabinetId} with {Changes} changes")]
    private partial void TriggeringDelta(long cabinetId, long changes);

    [LoggerMessage(4031, LogLevel.Information, "Triggering RAG indexing for cabinet {CabinetId} (no delta available)")]
    private partial void TriggeringWithoutDelta(long cabinetId);

    [LoggerMessage(4032, LogLevel.Warning, "Cabinet {CabinetId} could not be started now; what it has to do is stored, the sweep starts it")]
    private partial void NotStarted(long cabinetId, Exception exception);
}

/// <summary>What a caller asks for.</summary>
/// <param name="FullRebuild">Read everything again. With ids: both are stored.</param>
/// <param name="AllowMassDelete">Switches the guard against mass deletion off for one run.</param>
/// <param name="ChangedIds">Row primary keys per entity. Null = no delta is known: catch up. Present without any id: nothing to do.</param>
public sealed record StartIndexRequest(
    long CabinetId,
    bool FullRebuild = false,
    bool AllowMassDelete = false,
    IReadOnlyDictionary<Entity, IReadOnlyCollection<long>>? ChangedIds = null);

/// <summary>The answer to <see cref="StartIndexRequest"/>.</summary>
/// <param name="Status">Accepted or why not.</param>
/// <param name="Mode">What will run: the strongest of what was asked and what the state of the index demands.</param>
/// <param name="AcceptedChanges">Distinct ids stored.</param>
/// <param name="Run">The run under way; null when it could not be started now: what is stored is not lost, the sweep starts it.</param>
public sealed record StartIndexResult(StartIndexStatus Status, RunMode Mode, long AcceptedChanges, StartedRun? Run);

/// <summary>What came of asking for a run.</summary>
public enum StartIndexStatus
{
    /// <summary>Stored, and a run is under way that does it (or the sweep starts one).</summary>
    Accepted = 0,

    /// <summary>A list of changes without a single id: nothing was stored, nothing started.</summary>
    NothingToDo = 1,

    /// <summary>No such cabinet, or it is not active.</summary>
    UnknownCabinet = 2,
}

/// <summary>Starts the one run a cabinet may have. Implemented by the app on the Durable client: look, schedule with dedupe, look again.</summary>
public interface IRunStarter
{
    /// <summary>Starts the run, or finds the one that is pending or running. What it has to do is stored before.</summary>
    Task<StartedRun> StartAsync(long cabinetId, CancellationToken cancellationToken);
}

/// <summary>A run under way.</summary>
/// <param name="InstanceId"><c>index-{cabinetId}</c>.</param>
/// <param name="AlreadyRunning">It was pending or running before; it will see what is stored, or the sweep will.</param>
public sealed record StartedRun(string InstanceId, bool AlreadyRunning);
