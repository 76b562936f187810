namespace RagFunctions.Core.Embeddings;

/// <summary>What is pending in a part of an interval.</summary>
/// <param name="LeaseHeld">False: another run has the cabinet; the rest is empty.</param>
/// <param name="Reused">Chunks that just got the vector of an identical text.</param>
/// <param name="Texts">Distinct texts in the order of their hashes.</param>
/// <param name="More">The interval goes on after the last of them.</param>
/// <param name="NotBefore">The provider must not be asked before.</param>
/// <param name="Recorded">The embedder the index is bound to; null: none yet.</param>
public sealed record PendingPage(
    bool LeaseHeld, int Reused, IReadOnlyList<PendingText> Texts, bool More, DateTimeOffset? NotBefore, EmbedderIdentity? Recorded);
