namespace RagFunctions.Dev.Bench;

/// <summary>A text the floor may have to embed.</summary>
internal readonly record struct BaselineText(BaselineKey Key, string Text, string Hash);
