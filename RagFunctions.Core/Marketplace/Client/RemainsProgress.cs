namespace RagFunctions.Core.Marketplace.Client;

/// <summary>State of a report task.</summary>
public enum RemainsProgress
{
    /// <summary>Not ready yet.</summary>
    Working,

    /// <summary>Can be downloaded.</summary>
    Done,

    /// <summary>Gone (purged or cancelled): a new one is needed.</summary>
    Gone,
}
