using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// Binds the index to one embedder: its first vector records it (<see cref="VectorWriter"/>), every later one must have the same. While the
/// model changes there is a second one, of the next generation.
/// </summary>
public sealed class IndexEmbedder(RagDatabase rag, Embedders embedders)
{
    // The column's length is that of the generation, also before the first vector; without one it is -1. $1 cabinet.
    private const string Read =
        """
        SELECT e.model, e.dimensions, e.passage_prefix,
               (SELECT atttypmod FROM pg_attribute WHERE attrelid = 'rag_embeddings'::regclass AND attname = 'embedding'),
               n.model, n.dimensions, n.passage_prefix,
               COALESCE((SELECT s.on_next FROM rag_index_status AS s WHERE s.cabinet_id = $1), false)
        FROM (SELECT) AS one LEFT JOIN rag_embedder AS e ON true LEFT JOIN rag_next_embedder AS n ON true
        """;

    /// <summary>The embedder of the settings <c>Embeddings:*</c>.</summary>
    public EmbedderIdentity Configured => embedders.Main.Identity;

    /// <summary>
    /// Refuses the settings if they do not name the embedder of the active generation, or one of another length than an empty index has room
    /// for; records nothing. One round trip; for start-up, rounds and readers.
    /// </summary>
    /// <returns>False when the index is not bound to any embedder yet.</returns>
    /// <exception cref="EmbedderMismatchException">Nothing may be embedded or searched with what is configured.</exception>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken) => Check(await ReadAsync(cancellationToken)) is not null;

    /// <summary>The same with what has been read.</summary>
    /// <returns>The embedder of the active generation; null when the index is not bound to any yet.</returns>
    /// <exception cref="EmbedderMismatchException">Nothing may be embedded or searched with what is configured.</exception>
    public Embedder? Check(IndexGenerations generations) => generations switch
    {
        { Active: { } recorded } => embedders.Of(recorded) ?? throw new EmbedderMismatchException(recorded, Configured),
        { Length: > 0 and var length } when length != Configured.Dimensions => throw new EmbedderMismatchException(length, Configured),
        _ => null,
    };

    /// <summary>The embedders of both generations, whatever the settings name. One round trip.</summary>
    public Task<IndexGenerations> ReadAsync(CancellationToken cancellationToken) => ReadAsync(cabinetId: 0, cancellationToken);

    /// <summary>
    /// The embedder that questions to a cabinet are embedded with: that of the generation its search is on. Where the settings do not name
    /// it, that of the active generation, which answers as well until the change is finished.
    /// </summary>
    /// <returns>Null when the index is not bound to any embedder yet.</returns>
    /// <exception cref="EmbedderMismatchException">The settings name neither.</exception>
    public async Task<SearchEmbedder?> OfSearchAsync(long cabinetId, CancellationToken cancellationToken)
    {
        var generations = await ReadAsync(cabinetId, cancellationToken);
        return generations is { OnNext: true, Next: { } second } && embedders.Of(second) is { } next
            ? new SearchEmbedder(next, IsNext: true)
            : Check(generations) is { } active ? new SearchEmbedder(active, IsNext: false) : null;
    }

    /// <summary>Whether the settings name it.</summary>
    public bool IsConfigured(EmbedderIdentity identity) => embedders.Of(identity) is not null;

    private async Task<IndexGenerations> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Read);
        command.Parameters.Add(Parameter.Of(cabinetId));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new IndexGenerations(Identity(0), row.GetInt32(3), Identity(4), row.GetBoolean(7));

        EmbedderIdentity? Identity(int at) => row.IsDBNull(at) ? null : new(row.GetString(at), row.GetInt32(at + 1), row.GetString(at + 2));
    }
}

/// <summary>Which embedders the index has.</summary>
/// <param name="Active">Of the active generation; null: no vector was stored yet.</param>
/// <param name="Length">Of the vectors that it has room for.</param>
/// <param name="Next">Of the generation that is being built; null: none is.</param>
/// <param name="OnNext">The search of the cabinet that was asked about is on the next one.</param>
public sealed record IndexGenerations(EmbedderIdentity? Active, int Length, EmbedderIdentity? Next, bool OnNext);

/// <summary>What the questions to a cabinet are embedded with.</summary>
/// <param name="IsNext">It is the embedder of the generation that is being built.</param>
public sealed record SearchEmbedder(Embedder Embedder, bool IsNext);

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
            var generations = await embedder.ReadAsync(cancellationToken);
            embedder.Check(generations);
            if (generations.Next is { } next && !embedder.IsConfigured(next))
            {
                NextIsUnknown(logger, next);
            }
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

    [LoggerMessage(5091, LogLevel.Warning,
        "The index is changing to {Next}, which Embeddings:Next:* does not name here: this worker keeps the active generation right and builds nothing of the next one")]
    private static partial void NextIsUnknown(ILogger logger, EmbedderIdentity next);
}
