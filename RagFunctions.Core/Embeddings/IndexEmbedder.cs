using RagFunctions.Core.Databases;

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
        batch.BatchCommands.Add(new(Record) { Parameters = { new() { Value = Configured.Model }, new() { Value = Configured.Dimensions } } });
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
