using System.Runtime.CompilerServices;

namespace RagFunctions.Tests.LocalHost;

public sealed class SizeTests
{
    // A development host that grows beyond this has become a product of its own: docs/decisions/0001-two-hosts.md.
    private const int MostLines = 1_500;

    [Fact]
    public void The_local_host_stays_small()
    {
        var folder = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "RagFunctions.LocalHost");
        var lines = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "Sdk" or "bin" or "obj"))
            .SelectMany(File.ReadLines)
            .Count(line => line.Trim() is { Length: > 0 } text && !text.StartsWith("//", StringComparison.Ordinal));
        Assert.InRange(lines, 500, MostLines);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
