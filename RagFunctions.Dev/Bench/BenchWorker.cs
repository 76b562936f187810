using System.Diagnostics;
using System.Globalization;
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

/// <summary>What is measured: the engine, or the floor beneath it.</summary>
internal interface IBenchSubject : IAsyncDisposable
{
    /// <summary>Everything a step needs that is not the job: reads the named ids.</summary>
    Task<Func<CancellationToken, Task<(long Requests, long Inputs)>>> PrepareAsync(BenchOrder order, CancellationToken cancellationToken);
}

/// <summary>The four jobs that are measured, in the order in which one cabinet lives through them.</summary>
internal enum BenchStep
{
    /// <summary>A cabinet that was never indexed.</summary>
    Initial,

    /// <summary>One row in ten changed, and the changed ids are known.</summary>
    Delta,

    /// <summary>Every id is named, one row in ten really changed.</summary>
    Touched,

    /// <summary>A full rebuild: no text changed, one row in twenty is gone.</summary>
    Rebuild,
}

/// <summary>One step that a worker is asked to do; one line of JSON on its standard input.</summary>
internal sealed record BenchOrder(BenchStep Step, long CabinetId);

/// <summary>What one worker says about one step.</summary>
/// <param name="Milliseconds">Wall time of the job itself.</param>
/// <param name="Requests">Embedding requests.</param>
/// <param name="Inputs">Texts embedded.</param>
/// <param name="PeakBytes">Highest resident memory of the worker during the step; 0 where the system does not tell.</param>
/// <param name="Error">Set when the step failed.</param>
/// <param name="CpuMilliseconds">Processor time of the worker during the job.</param>
internal sealed record BenchReading(
    double Milliseconds, long Requests, long Inputs, long PeakBytes, string? Error = null, double CpuMilliseconds = 0);

/// <summary>The highest resident memory of this process since the last reset, as Linux counts it.</summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status";
    private const string ClearRefs = "/proc/self/clear_refs";

    /// <summary>Starts counting again (writing 5 to <c>clear_refs</c> resets <c>VmHWM</c>). Does nothing where there is no such file.</summary>
    public static void Reset()
    {
        GC.Collect();
        if (File.Exists(ClearRefs))
        {
            File.WriteAllText(ClearRefs, "5");
        }
    }

    /// <summary>Bytes; 0 where the system does not tell.</summary>
    public static long Read()
    {
        if (!File.Exists(Status))
        {
            return 0;
        }

        var line = File.ReadLines(Status).First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1_024;
    }
}
