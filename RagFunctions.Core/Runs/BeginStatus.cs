namespace RagFunctions.Core.Runs;

/// <summary>What came of opening a round.</summary>
public enum BeginStatus
{
    /// <summary>The lease is held; work follows.</summary>
    Started = 0,

    /// <summary>Another owner holds the lease; nothing was done. The stored request and the queue keep the work.</summary>
    Busy = 1,

    /// <summary>The cabinet is unknown or not active: its queue rows were dropped, its chunks are hidden from search.</summary>
    Inactive = 2,

    /// <summary>The run may not begin before <see cref="RoundStart.NotBefore"/>.</summary>
    NotYet = 3,

    /// <summary>The run cannot begin at all, for example because the index belongs to another embedding model.</summary>
    Refused = 4,
}
