namespace RagFunctions.Core.Embeddings;

/// <summary>
/// All vectors of one embedder. The active generation has the original's names; the next one, which is built beside it while the model
/// changes, has tables and columns of its own with the same meaning. So each statement is written once, for the active one.
/// </summary>
internal sealed class Generation
{
    /// <summary>Whose vectors stand in <c>rag_embeddings</c>.</summary>
    public static readonly Generation Active = new(isNext: false);

    /// <summary>Whose vectors stand in <c>rag_next_embeddings</c>, while there is one.</summary>
    public static readonly Generation Next = new(isNext: true);

    /// <summary>
    /// The embedder of the next generation as <see cref="Embedders.Keys"/> has it, NULL where none is being built. "= ANY (keys)" asks whether
    /// this worker's settings name it; it depends on no row, so where they do not the rest of the statement is not looked at.
    /// </summary>
    internal const string NextKey = "(SELECT concat_ws('|', dimensions, model, passage_prefix) FROM rag_next_embedder)";

    private static readonly (string Active, string Next)[] Names =
    [
        ("rag_embeddings", "rag_next_embeddings"),
        ("rag_embedder", "rag_next_embedder"),
        ("rag_provider", "rag_next_provider"),
        // Since when a chunk waits is asked of the active generation only.
        ("pending_since = NULL, ", ""),
        ("next_attempt_at", "next_retry_at"),
        ("embedded_hash", "next_hash"),
        ("embedded_model", "next_model"),
        ("embed_attempts", "next_attempts"),
        ("embed_error", "next_error"),
    ];

    private Generation(bool isNext) => IsNext = isNext;

    /// <summary>The one that is being built.</summary>
    public bool IsNext { get; }

    /// <summary>The one that is being built, or the active one.</summary>
    public static Generation Of(bool isNext) => isNext ? Next : Active;

    /// <summary>A statement about the active generation, said of this one.</summary>
    public string Sql(string aboutActive) =>
        IsNext ? Names.Aggregate(aboutActive, (text, name) => text.Replace(name.Active, name.Next, StringComparison.Ordinal)) : aboutActive;
}
