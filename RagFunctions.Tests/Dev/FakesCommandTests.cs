using System.Diagnostics;
using System.Text.RegularExpressions;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev;

/// <summary>The real process <c>rag-dev fakes</c>, and <c>rag</c> with nothing but the settings that it prints.</summary>
public sealed partial class FakesCommandTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process = new() { StartInfo = ServeProcess.CommandOf("fakes", "--products", "20") };
    private readonly Dictionary<string, string?> _printed = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _process.Start();
        while (!_printed.ContainsKey("SELLER_TOKEN"))
        {
            var line = await _process.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Patience, Stop)
                ?? throw new InvalidOperationException($"rag-dev fakes ended: {await _process.StandardError.ReadToEndAsync(Stop)}");
            if (Export().Match(line) is { Success: true } export)
            {
                _printed.Add(export.Groups[1].Value, export.Groups[2].Value);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    [Fact]
    public async Task The_printed_settings_lead_a_sync_and_a_run_to_the_fakes()
    {
        await using var database = await TestDatabase.CreateAsync();
        var settings = new Dictionary<string, string?>(_printed)
        {
            ["ConnectionStrings__Main"] = database.ConnectionString,
            ["ConnectionStrings__Rag"] = database.ConnectionString,
        };
        CliRun[] runs =
        [
            await CliRun.WithInputAsync(_printed["SELLER_TOKEN"]!, settings, "cabinet", "add", "--name", "Shop"),
            await CliRun.OfAsync(settings, "sync", "1", "--only", "cards"),
            await CliRun.OfAsync(settings, "index", "1"),
        ];
        Assert.All(runs, run => Assert.True(run.Code == 0, run.Output + run.Errors));
        await using var indexed = database.Source.CreateCommand(
            "SELECT m.chunk_text, e.embedding FROM rag_metadata AS m JOIN rag_embeddings AS e ON e.metadata_id = m.id");
        await using var reader = await indexed.ExecuteReaderAsync(Stop);
        var rows = 0;
        for (; await reader.ReadAsync(Stop); rows++)
        {
            Assert.Equal(FakeEmbeddingsServer.VectorOf(reader.GetString(0), 1_536), reader.GetFieldValue<Pgvector.Vector>(1).ToArray());
        }

        Assert.True(rows >= 20, $"{rows} cards have a vector");
    }

    [Fact]
    public async Task The_fakes_listen_on_loopback_until_they_are_interrupted()
    {
        var addresses = _printed.Where(one => one.Key.EndsWith("Url", StringComparison.Ordinal) || one.Key.EndsWith("Endpoint", StringComparison.Ordinal))
            .Select(one => new Uri(one.Value!)).ToList();
        Assert.Equal(7, addresses.Count);
        Assert.All(addresses, address => Assert.True(address.IsLoopback));
        using var http = new HttpClient();
        foreach (var address in addresses)
        {
            using var answer = await http.GetAsync(address, Stop);
        }

        using (var interrupt = Process.Start("kill", ["-INT", $"{_process.Id}"]))
        {
            await interrupt.WaitForExitAsync(Stop);
        }

        await _process.WaitForExitAsync(Stop).WaitAsync(Patience, Stop);
        Assert.Equal(0, _process.ExitCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(addresses[0], Stop));
    }

    [GeneratedRegex("^export (\\w+)='(.*)'$")]
    private static partial Regex Export();
}
