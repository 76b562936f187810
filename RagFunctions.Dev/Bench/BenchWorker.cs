using System.Diagnostics;
using System.Text.Json;

namespace RagFunctions.Dev.Bench;

/// <summary>
/// The process that is measured: one subject, steps as lines of JSON on standard input, readings as lines of JSON on standard output.
/// A process of its own per subject, so that its memory is its own and nobody's warm-up is another's.
/// </summary>
internal static class BenchWorker
{
    /// <summary>Runs until the input ends.</summary>
    public static async Task RunAsync(IBenchSubject subject, TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        while (await input.ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            var reading = await MeasureAsync(subject, JsonSerializer.Deserialize<BenchOrder>(line)!, cancellationToken);
            await output.WriteLineAsync(JsonSerializer.Serialize(reading));
            await output.FlushAsync(cancellationToken);
        }
    }

    private static async Task<BenchReading> MeasureAsync(IBenchSubject subject, BenchOrder order, CancellationToken cancellationToken)
    {
        var job = await subject.PrepareAsync(order, cancellationToken);
        PeakMemory.Reset();
        var started = Stopwatch.GetTimestamp();
        var cpu = Environment.CpuUsage.TotalTime;
        try
        {
            var (requests, inputs) = await job(cancellationToken);
            return new BenchReading(Stopwatch.GetElapsedTime(started).TotalMilliseconds, requests, inputs, PeakMemory.Read(), CpuMilliseconds: Used());
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return new BenchReading(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 0, 0, PeakMemory.Read(), failure.Message, Used());
        }

        double Used() => (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds;
    }
}
