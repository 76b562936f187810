namespace RagFunctions.Core;

/// <summary>How much a run looks at. Ordered: a stronger mode does everything a weaker one does.</summary>
public enum RunMode
{
    /// <summary>The rows named in the change queue.</summary>
    Incremental = 0,

    /// <summary>Queue, plus rows whose timestamps moved since the last successful look.</summary>
    CatchUp = 1,

    /// <summary>Every row of source and index.</summary>
    Full = 2,
}

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
