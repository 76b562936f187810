namespace RagFunctions.Core.Embeddings;

/// <summary>A text that waits for its vector; however many chunks have it.</summary>
/// <param name="Hash">Its <c>chunk_hash</c>.</param>
/// <param name="Text">What to embed.</param>
/// <param name="Bytes">Its length in UTF-8: a bound for its tokens.</param>
/// <param name="Attempts">How often an answer with it was unusable or it was refused.</param>
public sealed record PendingText(string Hash, string Text, int Bytes, int Attempts);
