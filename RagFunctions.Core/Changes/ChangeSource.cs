namespace RagFunctions.Core.Changes;

/// <summary>How the changes of a cabinet reach the queue.</summary>
public enum ChangeSource
{
    /// <summary>Nobody announces them: runs look for moved timestamps. Deletions are only found by a full run.</summary>
    CatchUp = 0,

    /// <summary>The sync of this system writes rows and their changes in one transaction.</summary>
    Sync = 1,

    /// <summary>Triggers on the source tables.</summary>
    Capture = 2,
}

/// <summary>The names a <see cref="ChangeSource"/> has on the wire.</summary>
public static class ChangeSourceNames
{
    /// <summary><c>catch_up</c>, <c>sync</c> or <c>capture</c>.</summary>
    public static string WireName(this ChangeSource source) => source switch
    {
        ChangeSource.CatchUp => "catch_up",
        ChangeSource.Sync => "sync",
        ChangeSource.Capture => "capture",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "not a change source"),
    };
}
