namespace RagFunctions.Core.Runs.Sweep;

/// <summary>Why the sweep starts a cabinet. In the order in which they are tried; the first one that holds is named.</summary>
public enum SweepReason
{
    /// <summary>No full run has completed.</summary>
    NeverIndexed = 1,

    /// <summary>The cabinet was inactive and is active again.</summary>
    Reactivated = 2,

    /// <summary>A stored request that no run has served.</summary>
    Requested = 3,

    /// <summary>Queued changes, new ones or failed ones whose next attempt is due.</summary>
    Changes = 4,

    /// <summary>Chunks without a vector of their text, new ones or failed ones whose next attempt is due.</summary>
    Pending = 5,

    /// <summary>Chunks whose 90 days are over.</summary>
    Expired = 6,

    /// <summary>Nobody announces the cabinet's changes, and it is time to look.</summary>
    CatchUp = 7,

    /// <summary>Its texts were made by another version of the renderer.</summary>
    Renderer = 8,

    /// <summary>Its last full run is older than eight days: the weekly rebuild has passed it by.</summary>
    Overdue = 9,
}
