namespace RagFunctions.Core.Runs;

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
