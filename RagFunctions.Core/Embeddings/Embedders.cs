using System.Globalization;
using Microsoft.Extensions.AI;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// The embedders that the settings name: <c>Embeddings:*</c>, and <c>Embeddings:Next:*</c> while the index changes from one to the other.
/// Which of them a generation needs is looked up by what the index has recorded, never by the place of the settings: so workers go on
/// without a restart when the change is finished, and when the settings are moved afterwards.
/// </summary>
public sealed class Embedders(Embedder main, Embedder? next = null)
{
    /// <summary>The one of <c>Embeddings:*</c>.</summary>
    public Embedder Main { get; } = main;

    /// <summary>The one of <c>Embeddings:Next:*</c>; null: there is no such setting.</summary>
    public Embedder? Next { get; } = next;

    /// <summary>All of them, as statements compare them.</summary>
    public string[] Keys { get; } = next is null ? [main.Identity.Key] : [main.Identity.Key, next.Identity.Key];

    /// <summary>The one with this identity; null: the settings name no such embedder.</summary>
    public Embedder? Of(EmbedderIdentity identity) => Main.Identity == identity ? Main : Next?.Identity == identity ? Next : null;
}

/// <summary>An embedder: its settings, and what asks it.</summary>
public sealed record Embedder(EmbeddingsOptions Options, IEmbeddingGenerator<string, Embedding<float>> Generator)
{
    /// <summary>What makes its vectors comparable.</summary>
    public EmbedderIdentity Identity { get; } = EmbedderIdentity.Of(Options);
}

/// <summary>What makes two vectors comparable.</summary>
/// <param name="Model">The model's name, never a deployment's.</param>
/// <param name="Dimensions">Length of a vector.</param>
/// <param name="PassagePrefix">What stood before each text.</param>
public sealed record EmbedderIdentity(string Model, int Dimensions, string PassagePrefix = "")
{
    /// <summary>All of it as one text, for statements.</summary>
    internal string Key => string.Create(CultureInfo.InvariantCulture, $"{Dimensions}|{Model}|{PassagePrefix}");

    /// <summary>The embedder that the options name.</summary>
    public static EmbedderIdentity Of(EmbeddingsOptions options) => new(options.ModelName, options.Dimensions, options.PassagePrefix);

    /// <inheritdoc />
    public override string ToString() =>
        $"{Model} ({Dimensions} dimensions{(PassagePrefix.Length == 0 ? "" : $", prefix '{PassagePrefix}'")})";
}
