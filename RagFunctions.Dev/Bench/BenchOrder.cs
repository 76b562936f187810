namespace RagFunctions.Dev.Bench;

/// <summary>One step that a worker is asked to do; one line of JSON on its standard input.</summary>
internal sealed record BenchOrder(BenchStep Step, long CabinetId);
