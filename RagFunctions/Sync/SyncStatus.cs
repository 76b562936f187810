using Microsoft.DurableTask;

namespace RagFunctions.Sync;

/// <summary>Counts what a generation is at and shows it as the custom status.</summary>
internal sealed class SyncStatus
{
    private readonly TaskOrchestrationContext _context;
    private int _total;
    private int _done;
    private int _waiting;

    /// <summary>The status is reset by continue-as-new: it is set before anything else.</summary>
    public SyncStatus(TaskOrchestrationContext context)
    {
        _context = context;
        Show("plan");
    }

    public void Begin(IReadOnlyList<EntityProgress> entities)
    {
        _total = entities.Count;
        _done = entities.Count(entity => !entity.IsOpen);
        Show();
    }

    public void Waits()
    {
        _waiting++;
        Show();
    }

    public void GoesOn()
    {
        _waiting--;
        Show();
    }

    public void Done()
    {
        _done++;
        Show();
    }

    public void End() => Show("ended");

    private void Show(string? phase = null) => _context.SetCustomStatus(
        new SyncProgress(phase ?? (_waiting > 0 && _waiting + _done == _total ? "wait" : "sync"), _done, _total));
}

/// <summary>Where a sync is: the orchestration's custom status.</summary>
/// <param name="Phase"><c>plan</c>, <c>sync</c>, <c>wait</c> (everything open waits for a limit) or <c>ended</c>.</param>
/// <param name="Done">Entities that are through.</param>
/// <param name="Total">Entities planned.</param>
public sealed record SyncProgress(string Phase, int Done, int Total);
