namespace RagFunctions.Core.Runs;

/// <summary>The exact outcome of a run, as stored in <c>last_outcome</c> and <c>rag_index_runs.outcome</c>.</summary>
public static class RunOutcome
{
    /// <summary>Everything asked for is done.</summary>
    public const string Completed = "completed";

    /// <summary>Done, but some rows or chunks failed; they are kept with their error and a next attempt.</summary>
    public const string CompletedWithErrors = "completed_with_errors";

    /// <summary>The guard against mass deletion kept an entity's chunks.</summary>
    public const string Blocked = "blocked";

    /// <summary>Another run took the lease.</summary>
    public const string Superseded = "superseded";

    /// <summary>Stopped by an error that another try would not cure; everything unfinished is still queued or pending.</summary>
    public const string Failed = "failed";

    /// <summary>Changes and texts are up to date, embedding waits until <c>embedding_not_before</c> (provider limits or outage). Nothing else of the cabinet waits.</summary>
    public const string Waiting = "waiting";

    /// <summary>
    /// Changes and texts are up to date, embedding waits until the next day (UTC): a daily budget is spent. Nothing else of the cabinet waits.
    /// </summary>
    public const string WaitingForBudget = "waiting: budget";

    /// <summary>Nothing was begun (busy, inactive); the summary's message says why. Never stored: there is no run.</summary>
    public const string Skipped = "skipped";
}
