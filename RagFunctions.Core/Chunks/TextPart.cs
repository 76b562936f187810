namespace RagFunctions.Core.Chunks;

/// <summary>A part of a text that was split.</summary>
/// <param name="Text">The part with its subject.</param>
/// <param name="Tokens">Its tokens: exact, or an upper bound when it holds a word that no tokenizer should see.</param>
internal readonly record struct TextPart(string Text, int Tokens);
