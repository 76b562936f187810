namespace RagFunctions.Tests.Stories;

/// <summary>What happens in the middle of a run, while its steps go on.</summary>
public enum StoryInterruption
{
    None,

    /// <summary>A row changes.</summary>
    Change,

    /// <summary>A product gets another name.</summary>
    Rename,

    /// <summary>Another execution of the same instance takes the lease and runs to its end.</summary>
    TakenOver,

    /// <summary>The lease runs out, and a run of another owner takes it.</summary>
    TakenOverByAnother,

    /// <summary>An activity of a former run arrives.</summary>
    LateDelivery,
}
