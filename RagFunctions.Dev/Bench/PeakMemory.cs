using System.Globalization;

namespace RagFunctions.Dev.Bench;

/// <summary>The highest resident memory of this process since the last reset, as Linux counts it.</summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status";
    private const string ClearRefs = "/proc/self/clear_refs";

    /// <summary>Starts counting anew (writing 5 to <c>clear_refs</c> resets <c>VmHWM</c>). Does nothing where there is no such file.</summary>
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
