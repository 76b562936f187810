namespace RagFunctions.Dev.Bench;

/// <summary>The four jobs that are measured, in the order in which one cabinet lives through them.</summary>
internal enum BenchStep
{
    /// <summary>A cabinet that was never indexed.</summary>
    Initial,

    /// <summary>One row in ten changed, and the changed ids are known.</summary>
    Delta,

    /// <summary>Every id is named, one row in ten really changed.</summary>
    Touched,

    /// <summary>A full rebuild: no text changed, one row in twenty is gone.</summary>
    Rebuild,
}
