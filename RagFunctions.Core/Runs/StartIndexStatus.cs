namespace RagFunctions.Core.Runs;

/// <summary>What came of asking for a run.</summary>
public enum StartIndexStatus
{
    /// <summary>Stored, and a run is under way that does it (or the sweep starts one).</summary>
    Accepted = 0,

    /// <summary>A list of changes without a single id: nothing was stored, nothing started.</summary>
    NothingToDo = 1,

    /// <summary>No such cabinet, or it is not active.</summary>
    UnknownCabinet = 2,
}
