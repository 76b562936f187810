namespace RagFunctions.Dev.Bench;

/// <summary>What is measured: the engine, or the floor beneath it.</summary>
internal interface IBenchSubject : IAsyncDisposable
{
    /// <summary>Everything a step needs that is not the job: reads the named ids.</summary>
    Task<Func<CancellationToken, Task<(long Requests, long Inputs)>>> PrepareAsync(BenchOrder order, CancellationToken cancellationToken);
}
