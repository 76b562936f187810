using System.Net;
using System.Text;
using RagFunctions.Cli;
using RagFunctions.Dev.Demo;
using RagFunctions.Sync;

namespace RagFunctions.Tests.Dev.Demo;

public sealed class DemoLedgerTests
{
    private const string First = "00000000-0000-0000-0000-000000000001";
    private const string Second = "00000000-0000-0000-0000-000000000002";
    private const string Third = "00000000-0000-0000-0000-000000000003";

    private static readonly DateTimeOffset At = new(2026, 11, 20, 3, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_line_counts_new_runs_and_charges_the_naive_system_every_time()
    {
        var ledger = Ledger(Runs(Run(First, tokens: 900, naive: 900)), Runs(Run(First, 900, 900)), Runs(Run(Third, 5, 920), Run(Second, 7, 910), Run(First, 900, 900)));

        var first = await ledger.NoteAsync(At, Sync("ok"), Ct);
        var quiet = await ledger.NoteAsync(At, Sync("ok"), Ct);
        var last = await ledger.NoteAsync(At, Sync("ok"), Ct);

        Assert.Equal((900, 900), (first.Tokens, first.Naive.Tokens));
        Assert.Equal((0, 900), (quiet.Tokens, quiet.Naive.Tokens));
        Assert.Equal((12, 920), (last.Tokens, last.Naive.Tokens));
        Assert.Equal([first, quiet, last], ledger.Lines);
    }

    [Theory]
    [InlineData("failed", "\"completed\"", "orders ended failed")]
    [InlineData("waiting", "\"completed\"", "orders ended waiting")]
    [InlineData("ok", "\"completed_with_errors\"", "ended completed_with_errors: no vectors")]
    [InlineData("ok", "null", "ended : no vectors")]
    public async Task Whatever_ends_otherwise_than_well_ends_the_demo(string entity, string outcome, string expected)
    {
        var ledger = Ledger(Runs(Run(First, 1, 1, outcome)));

        var failure = await Assert.ThrowsAsync<CliException>(() => ledger.NoteAsync(At, Sync(entity), Ct));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Empty(ledger.Lines);
    }

    private static SyncSummary Sync(string status) => new(1, At, [new SyncedEntity("cards", "ok", 1, 1, 0), new SyncedEntity("orders", status, 1, 0, 1)]);

    private static DemoLedger Ledger(params IEnumerable<string> answers) =>
        new(new DemoApi(new HttpClient(new Answers(answers)) { BaseAddress = new Uri("http://127.0.0.1") }, cabinetId: 1, managementKey: "key"));

    private static string Runs(params IEnumerable<string> runs) => $$"""{"cabinet_id":1,"runs":[{{string.Join(',', runs)}}]}""";

    private static string Run(string id, long tokens, long naive, string outcome = "\"completed\"") =>
        $$"""{"run_id":"{{id}}","mode":"incremental","outcome":{{outcome}},"last_error":"no vectors","embedding_tokens":{{tokens}},"naive_tokens":{{naive}}}""";

    private sealed class Answers(IEnumerable<string> bodies) : HttpMessageHandler
    {
        private readonly Queue<string> _bodies = new(bodies);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(_bodies.Dequeue(), Encoding.UTF8, "application/json") });
    }
}
