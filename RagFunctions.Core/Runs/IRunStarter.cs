namespace RagFunctions.Core.Runs;

/// <summary>Starts the one run a cabinet may have. Implemented by the app on the Durable client: look, schedule with dedupe, look again.</summary>
public interface IRunStarter
{
    /// <summary>Starts the run, or finds the one that is pending or running. What it has to do is stored before.</summary>
    Task<StartedRun> StartAsync(long cabinetId, CancellationToken cancellationToken);
}
