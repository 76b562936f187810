namespace RagFunctions.Dev.Bench.Sync;

/// <summary>One step of one cabinet.</summary>
/// <param name="Process">Time and memory, as the measured process tells them.</param>
/// <param name="Requests">Requests that the marketplace received.</param>
/// <param name="Read">Rows that it sent.</param>
/// <param name="Written">Rows of the five tables that are new or have another version; a lock alone counts too.</param>
/// <param name="Queued">Changes announced.</param>
/// <param name="WalBytes">What the database server wrote to its log meanwhile, all tables and bookkeeping included.</param>
internal sealed record SyncReading(SyncStep Step, BenchReading Process, int Requests, long Read, long Written, long Queued, long WalBytes)
{
    /// <summary>Wall time of the whole sync in seconds.</summary>
    public double Seconds => Process.Milliseconds / 1_000;

    /// <summary>What it did is what the step must do: a first load writes and announces what it read, any other step nothing.</summary>
    public bool IsRight => Process.Error is null && Read > 0
        && (Step == SyncStep.FirstLoad ? Written == Queued && Written > 0 : (Written, Queued) == (0, 0));
}
