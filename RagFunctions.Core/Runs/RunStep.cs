namespace RagFunctions.Core.Runs;

/// <summary>One thing to do, handed out by <see cref="RunPlan"/>: an activity of the orchestrator, a call of the in-process driver.</summary>
public abstract record RunStep
{
    private RunStep()
    {
    }

    /// <summary>Take the lease, decide the mode, cut the ranges.</summary>
    public sealed record OpenRound(BeginRoundInput Input) : RunStep;

    /// <summary>Do the whole of a small round.</summary>
    public sealed record RunRound(RunRoundInput Input) : RunStep;

    /// <summary>Bring the chunks of one range up to date.</summary>
    public sealed record ApplyRange(ApplyRangeInput Input) : RunStep;

    /// <summary>Cut what is pending into intervals.</summary>
    public sealed record PlanEmbedding(PlanEmbeddingInput Input) : RunStep;

    /// <summary>Embed what is pending in one interval.</summary>
    public sealed record EmbedBatch(EmbedBatchInput Input) : RunStep;

    /// <summary>Book the totals; release the lease unless another round follows.</summary>
    public sealed record CloseRound(FinishRoundInput Input) : RunStep;
}
