using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>The real process <c>rag serve</c> on a free port, which a test may kill. Nothing fires by itself: the tests sweep.</summary>
internal sealed partial class ServeProcess : IAsyncDisposable
{
    public const string ApiKey = "operator-key-number-1";

    private const string ManagementKey = "management-key-of-the-tests";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServeProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) =>
        {
            // Until all that it wrote is read.
            _process.WaitForExit();
            _address.TrySetException(new InvalidOperationException($"rag-dev serve ended with {_process.ExitCode}:\n{Said}"));
        };
        Http = new HttpClient();
    }

    public HttpClient Http { get; }

    /// <summary>Durable's management API of the process.</summary>
    public DurableApi Durable => new(Http, ManagementKey);

    /// <summary>What it wrote.</summary>
    public string Said => string.Join('\n', _lines);

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="connectionString">Both databases.</param>
    /// <param name="embeddings">The base of an OpenAI client.</param>
    /// <param name="settings">More, named as in the environment.</param>
    public static async Task<ServeProcess> StartAsync(string connectionString, Uri embeddings, params (string Name, string Value)[] settings)
    {
        var start = CommandOf("serve", "--port", "0");
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("ConnectionStrings__Main", connectionString),
            ("ConnectionStrings__Rag", connectionString),
            ("Embeddings__Provider", "openai"),
            ("Embeddings__Endpoint", embeddings.ToString()),
            ("Embeddings__ApiKey", "key-of-the-fake"),
            ("Api__Keys__0__Key", ApiKey),
            ("LocalHost__Key", ManagementKey),
            ("SyncSchedule", "0 0 0 1 1 *"),
            ("SweepSchedule", "0 0 0 1 1 *"),
            ("Logging__LogLevel__Default", "Error"),
            ("Logging__LogLevel__RagFunctions.Dev.LocalHost.LocalFunctionsHost", "Information"),
            .. settings,
        ])
        {
            start.Environment[name] = value;
        }

        var serve = new ServeProcess(start);
        try
        {
            serve._process.Start();
            serve._process.BeginOutputReadLine();
            serve._process.BeginErrorReadLine();
            serve.Http.BaseAddress = await serve._address.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            return serve;
        }
        catch
        {
            await serve.DisposeAsync();
            throw;
        }
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Asks for runs as an operator does.</summary>
    public async Task PostAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("X-API-KEY", ApiKey);
        using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.Accepted, $"{path}: {answer.StatusCode}\n{Said}");
    }

    /// <summary>Fires the sweep now.</summary>
    public Task SweepAsync() => Durable.FireAsync("SweepTimer");

    /// <summary>The most memory it has had resident, in MiB, as Linux counts it.</summary>
    public async Task<double> PeakMemoryAsync()
    {
        var lines = await File.ReadAllLinesAsync($"/proc/{_process.Id}/status", TestContext.Current.CancellationToken);
        var peak = lines.First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(peak, System.Globalization.CultureInfo.InvariantCulture) / 1024.0;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        try
        {
            await KillAsync();
        }
        catch (InvalidOperationException)
        {
            // It never started.
        }

        _process.Dispose();
    }

    /// <summary>How the real <c>rag-dev</c> is started, with what it writes read by the caller.</summary>
    public static ProcessStartInfo CommandOf(params string[] arguments) => new(
        "env",
        // A shell that runs the tests in the background has them ignore interrupts, and so would what they start.
        // Beside the tests lie the libraries of the tests: what the command's own list names in addition, they take from the framework.
        [
            "--default-signal=INT", "dotnet", "exec", "--depsfile", InOutput("RagFunctions.Tests.deps.json"), "--runtimeconfig", InOutput("RagFunctions.Tests.runtimeconfig.json"),
            InOutput("rag-dev.dll"), .. arguments,
        ])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        // No settings file of this clone takes part.
        WorkingDirectory = Path.GetTempPath(),
    };

    private static string InOutput(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        if (Listening().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex("Local development host on (http://[^,]+),")]
    private static partial Regex Listening();
}
