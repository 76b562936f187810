using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RagFunctions.Core.Embeddings;

/// <summary>Start-up refuses an embedder that is not the index's, and names both. Rounds check again.</summary>
internal sealed partial class EmbedderStartCheck(IndexEmbedder embedder, ILogger<EmbedderStartCheck> logger) : IHostedService
{
    /// <inheritdoc />
    /// <exception cref="EmbedderMismatchException">The index belongs to another embedder.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await embedder.CheckAsync(cancellationToken);
        }
        catch (NpgsqlException error)
        {
            // Not there yet, or not migrated: no reason to stay down; health tells it, and nothing is embedded unchecked.
            NotChecked(logger, error.Message);
        }
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(5090, LogLevel.Warning, "The index database could not be asked for its embedding model at start: {Error}")]
    private static partial void NotChecked(ILogger logger, string error);
}
