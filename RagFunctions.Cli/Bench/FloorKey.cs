namespace RagFunctions.Cli.Bench;

/// <summary>Which chunk of which row.</summary>
internal readonly record struct FloorKey(string Table, long Id, int Index);
