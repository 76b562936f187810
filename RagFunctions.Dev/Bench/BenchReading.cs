namespace RagFunctions.Dev.Bench;

/// <summary>What one worker says about one step.</summary>
/// <param name="Milliseconds">Wall time of the job itself.</param>
/// <param name="Requests">Embedding requests.</param>
/// <param name="Inputs">Texts embedded.</param>
/// <param name="PeakBytes">Highest resident memory of the worker during the step; 0 where the system does not tell.</param>
/// <param name="Error">Set when the step failed.</param>
/// <param name="CpuMilliseconds">Processor time of the worker during the job.</param>
internal sealed record BenchReading(
    double Milliseconds, long Requests, long Inputs, long PeakBytes, string? Error = null, double CpuMilliseconds = 0);
