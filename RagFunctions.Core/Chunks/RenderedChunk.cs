namespace RagFunctions.Core.Chunks;

/// <summary>A text to be embedded.</summary>
/// <param name="Index">Number within its row, from 0.</param>
/// <param name="Text">Never empty; without NUL and lone surrogates, so that PostgreSQL stores it as it is.</param>
/// <param name="Hash">SHA-256 of the UTF-8 text, 64 lower-case hexadecimal digits.</param>
/// <param name="TokenEstimate">Tokens of cl100k_base: exact for the parts of a split text, an estimate otherwise.</param>
public sealed record RenderedChunk(int Index, string Text, string Hash, int TokenEstimate);
