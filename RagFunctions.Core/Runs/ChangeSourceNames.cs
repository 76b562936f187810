namespace RagFunctions.Core.Runs;

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
