using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Binds the index to one embedder: its first vector records it (<see cref="VectorWriter"/>), every later one must have the same.</summary>
public sealed class IndexEmbedder(RagDatabase rag, EmbeddingsOptions options)
{
    // The column's length is that of the generation, also before the first vector; without one it is -1.
    private const string Read =
        """
        SELECT e.model, e.dimensions, e.passage_prefix,
               (SELECT atttypmod FROM pg_attribute WHERE attrelid = 'rag_embeddings'::regclass AND attname = 'embedding')
        FROM (SELECT) AS one LEFT JOIN rag_embedder AS e ON true
        """;

    /// <summary>The embedder of the configuration.</summary>
    public EmbedderIdentity Configured { get; } = EmbedderIdentity.Of(options);

    /// <summary>
    /// Refuses the configured embedder if the index belongs to another one or holds vectors of another length; records nothing. One round
    /// trip; for start-up, rounds and readers.
    /// </summary>
    /// <returns>False when the index is not bound to any embedder yet.</returns>
    /// <exception cref="EmbedderMismatchException">Nothing may be embedded or searched with what is configured.</exception>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Read);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var recorded = reader.IsDBNull(0) ? null : new EmbedderIdentity(reader.GetString(0), reader.GetInt32(1), reader.GetString(2));
        if (recorded is not null && recorded != Configured)
        {
            throw new EmbedderMismatchException(recorded, Configured);
        }

        if (recorded is null && reader.GetInt32(3) is > 0 and var length && length != Configured.Dimensions)
        {
            throw new EmbedderMismatchException(length, Configured);
        }

        return recorded is not null;
    }
}

/// <summary>What makes two vectors comparable.</summary>
/// <param name="Model">The model's name, never a deployment's.</param>
/// <param name="Dimensions">Length of a vector.</param>
/// <param name="PassagePrefix">What stood before each text.</param>
public sealed record EmbedderIdentity(string Model, int Dimensions, string PassagePrefix = "")
{
    /// <summary>The embedder that the options name.</summary>
    public static EmbedderIdentity Of(EmbeddingsOptions options) => new(options.ModelName, options.Dimensions, options.PassagePrefix);

    /// <inheritdoc />
    public override string ToString() =>
        $"{Model} ({Dimensions} dimensions{(PassagePrefix.Length == 0 ? "" : $", prefix '{PassagePrefix}'")})";
}

/// <summary>The index holds, or has room for, the vectors of one embedder, the configuration names another: nothing may be embedded or searched.</summary>
public sealed class EmbedderMismatchException : Exception
{
    /// <summary>The index has vectors of another embedder.</summary>
    public EmbedderMismatchException(EmbedderIdentity index, EmbedderIdentity configured)
        : base(Text(index, configured)) => (Index, Configured) = (index, configured);

    /// <summary>The index has no vector yet, and its column another length.</summary>
    public EmbedderMismatchException(int length, EmbedderIdentity configured)
        : base(Text(length, configured)) => Configured = configured;

    /// <summary>The embedder the index is bound to; null: to none yet.</summary>
    public EmbedderIdentity? Index { get; }

    /// <summary>The embedder of the configuration.</summary>
    public EmbedderIdentity Configured { get; }

    /// <summary>The message, for results that carry it as a value.</summary>
    public static string Text(EmbedderIdentity index, EmbedderIdentity configured) =>
        $"The index was made with {index}, the configuration names {configured}. Vectors of different embedders cannot be compared: "
        + $"set Embeddings:Model, Embeddings:Dimensions and Embeddings:PassagePrefix back, or change the index with {Command(configured)}.";

    private static string Text(int length, EmbedderIdentity configured) =>
        $"The index has room for vectors of {length} numbers and holds none yet, the configuration names {configured}: "
        + $"{Command(configured)} changes the length, or set Embeddings:Dimensions to {length}.";

    private static string Command(EmbedderIdentity configured) => $"rag model switch --model {configured.Model} --dimensions {configured.Dimensions}";
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
