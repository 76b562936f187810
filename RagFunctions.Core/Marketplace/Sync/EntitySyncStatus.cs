namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>How the sync of an entity ended.</summary>
public enum EntitySyncStatus
{
    /// <summary>Everything the marketplace has is stored.</summary>
    Ok,

    /// <summary>A limit stands in the way until <see cref="EntitySyncResult.WaitUntil"/>; it goes on from where it stopped.</summary>
    Waiting,

    /// <summary>The marketplace does not accept the cabinet's token. Nothing was deleted.</summary>
    Rejected,

    /// <summary>The token lacks a category, or its kind is refused. Other entities are not concerned.</summary>
    Forbidden,

    /// <summary>It failed; what was committed stays, the cursor did not pass what was not.</summary>
    Failed,

    /// <summary>Its time has not come.</summary>
    NotDue,

    /// <summary>Another worker is at it.</summary>
    Busy,

    /// <summary>The cabinet is unknown or inactive.</summary>
    Inactive,
}
