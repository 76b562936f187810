namespace RagFunctions.Dev.Bench;

/// <summary>The readings of one step at one size.</summary>
internal sealed class BenchLine(int rows, BenchStep step)
{
    public int Rows { get; } = rows;

    public BenchStep Step { get; } = step;

    public List<BenchReading> Engine { get; } = [];

    public List<BenchReading> Baseline { get; } = [];

    /// <summary>Chunks found pending, without a vector, with the vector of another text, or with a text that the floor did not make.</summary>
    public long Wrong { get; set; }

    /// <summary>All of them.</summary>
    public IEnumerable<BenchReading> Readings => Engine.Concat(Baseline);

    /// <summary>Median time in milliseconds.</summary>
    public static double Median(IEnumerable<BenchReading> readings) => Middle(readings.Select(reading => reading.Milliseconds));

    /// <summary>Median processor time in milliseconds.</summary>
    public static double MedianCpu(IEnumerable<BenchReading> readings) => Middle(readings.Select(reading => reading.CpuMilliseconds));

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
