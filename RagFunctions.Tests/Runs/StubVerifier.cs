using RagFunctions.Core.Runs;

namespace RagFunctions.Tests.Runs;

/// <summary>Finds what the test says.</summary>
internal sealed class StubVerifier : IRunVerifier
{
    public VerifiedCounts Answer { get; set; } = new(0, 0, 0, 0);

    /// <summary>Thrown instead of an answer.</summary>
    public Exception? Error { get; set; }

    public int Calls { get; private set; }

    /// <summary>The instant of the last call.</summary>
    public DateTimeOffset AsOf { get; private set; }

    public Task<VerifiedCounts> VerifyAsync(
        long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken)
    {
        Calls++;
        AsOf = asOf;
        return Error is { } error ? Task.FromException<VerifiedCounts>(error) : Task.FromResult(Answer);
    }
}
