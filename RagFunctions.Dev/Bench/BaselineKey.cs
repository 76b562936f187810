namespace RagFunctions.Dev.Bench;

/// <summary>Which chunk of which row.</summary>
internal readonly record struct BaselineKey(string Table, long Id, int Index);
