using System.Diagnostics;

namespace RagFunctions.Tests.Infra;

/// <summary>Runs a script of <c>eng/</c> that finds or installs a program and prints its path.</summary>
internal static class EngScript
{
    /// <summary>What the script printed; fails with its complaint where it cannot go on.</summary>
    /// <param name="name">The script.</param>
    /// <param name="program">What the tests need it for, for the message.</param>
    public static async Task<string> PathAsync(string name, string program)
    {
        var start = new ProcessStartInfo("bash", [Repository.PathOf("eng", name)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync();
        var path = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        return script.ExitCode == 0
            ? path.Trim()
            : throw new InvalidOperationException($"The tests need {program}, and eng/{name} failed:\n{await errors}");
    }
}
