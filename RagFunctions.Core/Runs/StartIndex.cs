namespace RagFunctions.Core.Runs;

/// <summary>The one way a run is started: store what is asked for, then start. Nothing stored is lost when starting fails.</summary>
public sealed class StartIndex
{
    /// <summary>A caller's request (HTTP, command line).</summary>
    public Task<StartIndexResult> StartAsync(StartIndexRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The sync has committed rows and their changes; <paramref name="changes"/> is how many.</summary>
    public Task<StartedRun> StartChangedAsync(long cabinetId, long changes, CancellationToken cancellationToken) => throw new NotSupportedException();
}
