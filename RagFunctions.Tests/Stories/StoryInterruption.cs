namespace RagFunctions.Tests.Stories;

/// <summary>What happens in the middle of a run, while its steps go on.</summary>
public enum StoryInterruption
{
    None,

    /// <summary>Every row changes, between two statements of the run.</summary>
    Change,

    /// <summary>Every product gets another name, between two statements of the run.</summary>
    Rename,

    /// <summary>Half of the rows vanish, between two statements of the run.</summary>
    Delete,

    /// <summary>Between two statements of the run every row changes, and another execution takes the lease, if it can, and runs to its end.</summary>
    Overtaken,

    /// <summary>While the provider thinks, every row changes and another execution takes the lease and runs to its end.</summary>
    WhileEmbedding,

    /// <summary>Between two steps another execution of the same instance takes the lease and runs to its end.</summary>
    TakenOver,

    /// <summary>Between two steps the lease runs out, and a run of another owner takes it.</summary>
    TakenOverByAnother,

    /// <summary>Between two steps an activity of a former run arrives.</summary>
    LateDelivery,

    /// <summary>Between two statements one of the databases turns against the product's role, until the run is over or a little shorter.</summary>
    DatabaseTurns,

    /// <summary>Between two statements the worker's clock goes wrong by up to 120 days, until the run is over.</summary>
    ClockJumps,
}
