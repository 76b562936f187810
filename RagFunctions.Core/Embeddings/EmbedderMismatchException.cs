namespace RagFunctions.Core.Embeddings;

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
