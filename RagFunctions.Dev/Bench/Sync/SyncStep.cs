namespace RagFunctions.Dev.Bench.Sync;

/// <summary>What is measured of the sync of orders, in the order in which one cabinet lives through it.</summary>
internal enum SyncStep
{
    /// <summary>A cabinet without rows and without a cursor.</summary>
    FirstLoad,

    /// <summary>The cursor is lost: everything is read again, and nothing has changed.</summary>
    QuietReread,

    /// <summary>What happens every half an hour: the overlap behind the cursor is read again, and nothing has changed.</summary>
    NextSync,
}
