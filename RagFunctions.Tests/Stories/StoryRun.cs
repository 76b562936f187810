using RagFunctions.Tests.Faults;

namespace RagFunctions.Tests.Stories;

/// <summary>How a run fares.</summary>
/// <param name="Delivery">How often its activities come.</param>
/// <param name="FaultAt">The database request, or the commit, at which the connection dies; 0 = none does.</param>
/// <param name="AtCommit">Commits are counted instead of requests.</param>
/// <param name="Cuts">How many requests in a row that meets: more than two outlast the driver's retries.</param>
/// <param name="AnswerLost">The server has done what was asked, only the answer is lost.</param>
/// <param name="Interruption">What happens in the middle.</param>
/// <param name="InterruptedAt">Before which of its database requests, or of its steps.</param>
/// <param name="DatabaseTrouble">With <see cref="StoryInterruption.DatabaseTurns"/>: how.</param>
public sealed record StoryRun(
    StoryDelivery Delivery, int FaultAt, bool AtCommit, int Cuts, bool AnswerLost, StoryInterruption Interruption, int InterruptedAt,
    DatabaseTrouble DatabaseTrouble)
{
    /// <inheritdoc />
    public override string ToString() =>
        $"[{Delivery}, {(FaultAt == 0 ? "no fault" : $"{Cuts} cuts from {(AtCommit ? "commit " : "")}{FaultAt}{(AnswerLost ? ", answers lost" : "")}")}, {Interruption} at {InterruptedAt}{(Interruption == StoryInterruption.DatabaseTurns ? $", {DatabaseTrouble}" : "")}]";
}
