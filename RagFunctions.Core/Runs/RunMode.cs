namespace RagFunctions.Core.Runs;

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
