namespace RagFunctions.Core;

/// <summary>Steps of which none depends on another: what fails is told at the end, after all have had their turn.</summary>
public static class IndependentSteps
{
    /// <summary>Takes all of them, one after the other.</summary>
    /// <exception cref="AggregateException">What failed.</exception>
    public static async Task RunAsync(CancellationToken cancellationToken, params IEnumerable<Func<Task>> steps)
    {
        List<Exception> failures = [];
        foreach (var step in steps)
        {
            try
            {
                await step();
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }
}
