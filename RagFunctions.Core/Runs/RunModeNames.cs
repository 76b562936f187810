namespace RagFunctions.Core.Runs;

/// <summary>The names a <see cref="RunMode"/> has on the wire and in the index database.</summary>
public static class RunModeNames
{
    /// <summary><c>incremental</c>, <c>catch_up</c> or <c>full_rebuild</c>.</summary>
    public static string WireName(this RunMode mode) => mode switch
    {
        RunMode.Incremental => "incremental",
        RunMode.CatchUp => "catch_up",
        RunMode.Full => "full_rebuild",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "not a run mode"),
    };

    /// <summary>Reads a stored name.</summary>
    /// <exception cref="ArgumentException">The name is none of the three.</exception>
    public static RunMode Parse(string name) => name switch
    {
        "incremental" => RunMode.Incremental,
        "catch_up" => RunMode.CatchUp,
        "full_rebuild" => RunMode.Full,
        _ => throw new ArgumentException($"'{name}' is not a run mode (incremental, catch_up, full_rebuild)", nameof(name)),
    };
}
