using RagFunctions.Core;

namespace RagFunctions.Tests.Timers;

public sealed class IndependentStepsTests
{
    [Fact]
    [Trait("Fault", "4")]
    [Trait("Guarantee", "one-table")]
    public async Task A_step_that_fails_keeps_no_other_from_its_turn_and_is_told()
    {
        List<int> done = [];
        var told = await Assert.ThrowsAsync<AggregateException>(() => IndependentSteps.RunAsync(
            TestContext.Current.CancellationToken,
            () => throw new InvalidOperationException("first"),
            () => Add(2),
            () => Task.FromException(new InvalidOperationException("third")),
            () => Add(4)));
        Assert.Equal([2, 4], done);
        Assert.Equal(["first", "third"], told.InnerExceptions.Select(failure => failure.Message));

        Task Add(int step)
        {
            done.Add(step);
            return Task.CompletedTask;
        }
    }
}
