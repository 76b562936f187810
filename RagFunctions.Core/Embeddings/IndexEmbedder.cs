using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Binds the index to one embedder: the first run records it, every later one must have the same.</summary>
public sealed class IndexEmbedder(RagDatabase rag, EmbeddingsOptions options)
{
    // Two statements, one round trip; the second sees what a concurrent first run has committed.
    private const string Record =
        """
        INSERT INTO rag_embedder (model, dimensions) VALUES ($1, $2) ON CONFLICT (singleton) DO NOTHING
        """;

    private const string Read =
        """
        SELECT model, dimensions FROM rag_embedder
        """;

    /// <summary>The embedder of the configuration.</summary>
    public EmbedderIdentity Configured { get; } = new(options.ModelName, options.Dimensions);

    /// <summary>Records the configured embedder if none is, and refuses it if another one is. One round trip.</summary>
    /// <exception cref="EmbedderMismatchException">The index belongs to another embedder.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new(Record) { Parameters = { Parameter.Of(Configured.Model), Parameter.Of(Configured.Dimensions) } });
        batch.BatchCommands.Add(new(Read));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        Check(new EmbedderIdentity(reader.GetString(0), reader.GetInt32(1)));
    }

    /// <summary>Refuses the configured embedder if the index belongs to another one; records nothing. For start-up and for readers.</summary>
    /// <returns>False when the index is not bound to any embedder yet.</returns>
    /// <exception cref="EmbedderMismatchException">The index belongs to another embedder.</exception>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Read);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return false;
        }

        Check(new EmbedderIdentity(reader.GetString(0), reader.GetInt32(1)));
        return true;
    }

    private void Check(EmbedderIdentity recorded)
    {
        if (recorded != Configured)
        {
            throw new EmbedderMismatchException(recorded, Configured);
        }
    }
}

/// <summary>What makes two vectors comparable.</summary>
/// <param name="Model">The model's name, never a deployment's.</param>
/// <param name="Dimensions">Length of a vector.</param>
public sealed record EmbedderIdentity(string Model, int Dimensions)
{
    /// <inheritdoc />
    public override string ToString() => $"{Model} ({Dimensions} dimensions)";
}

/// <summary>The index holds the vectors of one embedder, the configuration names another: nothing may be embedded or searched.</summary>
public sealed class EmbedderMismatchException(EmbedderIdentity index, EmbedderIdentity configured)
    : Exception(Text(index, configured))
{
    /// <summary>The embedder the index is bound to.</summary>
    public EmbedderIdentity Index { get; } = index;

    /// <summary>The embedder of the configuration.</summary>
    public EmbedderIdentity Configured { get; } = configured;

    /// <summary>The message, for results that carry it as a value.</summary>
    public static string Text(EmbedderIdentity index, EmbedderIdentity configured) =>
        $"The index was made with {index}, the configuration names {configured}. Vectors of different embedders cannot be compared: "
        + "set Embeddings:Model and Embeddings:Dimensions back, or switch the index on purpose.";
}

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
