using System.Diagnostics;
using System.Text.Json;

namespace RagFunctions.Dev.Bench;

/// <summary>A worker started from the same executable.</summary>
internal sealed class BenchWorkerProcess : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it; settings travel by environment, so that no password stands on a command line.</summary>
    /// <param name="subject">What it measures.</param>
    /// <param name="connectionString">Both databases.</param>
    /// <param name="settings">Further settings by their names in the environment.</param>
    public BenchWorkerProcess(string subject, string connectionString, params IEnumerable<(string Name, string Value)> settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            // Assembly.Location is empty where all is published as one file, and refused by its analyzer.
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, $"{typeof(BenchWorkerProcess).Assembly.GetName().Name}.dll"));
        }

        start.ArgumentList.Add("bench-worker");
        start.ArgumentList.Add(subject);
        start.Environment["ConnectionStrings__Main"] = connectionString;
        start.Environment["ConnectionStrings__Rag"] = connectionString;
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException("the bench worker did not start");
    }

    /// <summary>Starts one that embeds.</summary>
    /// <param name="subject">What it measures.</param>
    /// <param name="connectionString">Both databases.</param>
    /// <param name="provider">Where the embeddings come from.</param>
    public static BenchWorkerProcess Embedding(string subject, string connectionString, Uri provider) => new(
        subject,
        connectionString,
        [("Embeddings__Provider", "openai"), ("Embeddings__Endpoint", provider.ToString()), ("Embeddings__ApiKey", "bench")]);

    /// <summary>Does one step.</summary>
    public async Task<BenchReading> DoAsync(BenchOrder order, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order).AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("the bench worker ended without an answer");
        return JsonSerializer.Deserialize<BenchReading>(line)!;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(10_000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
