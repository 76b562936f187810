namespace RagFunctions.Cli.Bench;

/// <summary>A text the floor may have to embed.</summary>
internal readonly record struct FloorText(FloorKey Key, string Text, string Hash);
