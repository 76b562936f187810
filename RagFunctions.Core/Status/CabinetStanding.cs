namespace RagFunctions.Core.Status;

/// <summary>In one word how a cabinet stands, the most urgent first: the first that holds is named.</summary>
public enum CabinetState
{
    /// <summary>The last run failed.</summary>
    Failed,

    /// <summary>The guard against mass deletion waits for an operator.</summary>
    Blocked,

    /// <summary>An entity of the sync fails, or the marketplace rejects the token.</summary>
    SyncFailed,

    /// <summary>Runs wait until a time: the provider, or a spent budget.</summary>
    Waiting,

    /// <summary>Rows or chunks are kept with an error and a next attempt.</summary>
    WithErrors,

    /// <summary>A run is under way, and nothing else is to be told.</summary>
    Indexing,

    /// <summary>No run has ended yet.</summary>
    NeverIndexed,

    /// <summary>All is well.</summary>
    Ok,

    /// <summary>Deactivated: hidden from search, no runs.</summary>
    Inactive,
}

/// <summary>The names of a <see cref="CabinetState"/> on the wire.</summary>
public static class CabinetStateNames
{
    /// <summary>All, the most urgent first.</summary>
    public static IReadOnlyList<CabinetState> All { get; } = Enum.GetValues<CabinetState>();

    /// <summary>Such as <c>with_errors</c>.</summary>
    public static string WireName(this CabinetState state) => state switch
    {
        CabinetState.Failed => "failed",
        CabinetState.Blocked => "blocked",
        CabinetState.SyncFailed => "sync_failed",
        CabinetState.Waiting => "waiting",
        CabinetState.WithErrors => "with_errors",
        CabinetState.NeverIndexed => "never_indexed",
        CabinetState.Indexing => "indexing",
        CabinetState.Ok => "ok",
        CabinetState.Inactive => "inactive",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a state of a cabinet"),
    };
}

/// <summary>How a cabinet stands now.</summary>
public sealed record CabinetStanding
{
    /// <summary>Its id.</summary>
    public required long CabinetId { get; init; }

    /// <summary>What it is called.</summary>
    public string? Name { get; init; }

    /// <summary>One word for all that follows; <see cref="CabinetState"/> tells the words.</summary>
    public string State => StateOf(this).WireName();

    /// <summary>A live lease: something really runs.</summary>
    public bool IsIndexing { get; init; }

    /// <summary>Of the last run; null: none has ended.</summary>
    public string? Outcome { get; init; }

    /// <summary>Age of the oldest queued change or pending chunk; 0 when there is none.</summary>
    public double LagSeconds { get; init; }

    /// <summary>Changes waiting in the queue, failed ones included.</summary>
    public long Queued { get; init; }

    /// <summary>Chunks whose present text has no vector yet.</summary>
    public long Pending { get; init; }

    /// <summary>Rows and chunks kept with an error and a next attempt.</summary>
    public long Failed { get; init; }

    /// <summary>Texts stored.</summary>
    public long TotalChunks { get; init; }

    /// <summary>Texts embedded by the runs that ended since midnight UTC.</summary>
    public long TextsToday { get; init; }

    /// <summary>US dollars spent on embedding since midnight UTC, questions included.</summary>
    public decimal CostTodayUsd { get; init; }

    /// <summary>What embedding every chunk in each of today's runs would have taken, by estimate.</summary>
    public long NaiveTextsToday { get; init; }

    /// <summary>What that would have cost, by estimate.</summary>
    public decimal NaiveCostTodayUsd { get; init; }

    /// <summary>Its own daily budget; null: none.</summary>
    public decimal? DailyBudgetUsd { get; init; }

    /// <summary>When the last run ended.</summary>
    public DateTimeOffset? LastRunAt { get; init; }

    /// <summary>Until when runs, or the embedding alone, wait; null: they do not.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Why the last run was not all well, or why its sync stands still.</summary>
    public string? LastError { get; init; }

    /// <summary>The marketplace rejects its token.</summary>
    public bool TokenRejected { get; init; }

    /// <summary>Entities whose last sync failed.</summary>
    public long SyncFailures { get; init; }

    /// <summary>Entities that wait for a limit of the marketplace.</summary>
    public long SyncWaits { get; init; }

    /// <summary>False: deactivated.</summary>
    public bool IsActive { get; init; }

    /// <summary>The state itself.</summary>
    internal static CabinetState StateOf(CabinetStanding standing) => standing switch
    {
        { IsActive: false } => CabinetState.Inactive,
        { Outcome: "failed" } => CabinetState.Failed,
        { Outcome: "blocked" } => CabinetState.Blocked,
        { TokenRejected: true } or { SyncFailures: > 0 } => CabinetState.SyncFailed,
        { NotBefore: not null } or { Outcome: "waiting" or "waiting: budget" } => CabinetState.Waiting,
        { Failed: > 0 } or { Outcome: "completed_with_errors" } => CabinetState.WithErrors,
        { IsIndexing: true } => CabinetState.Indexing,
        { Outcome: null } => CabinetState.NeverIndexed,
        _ => CabinetState.Ok,
    };
}
