using System.Globalization;
using System.Text.Json;
using RagFunctions.Core.Search;
using RagFunctions.Core.Store;
using Spectre.Console;

namespace RagFunctions.Dev.Demo;

/// <summary>The demo's words and tables.</summary>
internal sealed class DemoReport(IAnsiConsole console)
{
    private const int LongestHit = 160;

    private int _step;

    /// <summary>The next step of the demo.</summary>
    public void Step(string title, FormattableString more)
    {
        console.MarkupInterpolated(CultureInfo.InvariantCulture, $"[bold]{++_step}. {title}:[/] ");
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{FormattableString.Invariant(more)}[/]");
    }

    /// <summary>A line below a step.</summary>
    public void Tell(FormattableString line) => console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"   {FormattableString.Invariant(line)}");

    /// <summary>The heads of <see cref="Row"/>.</summary>
    public void Head()
    {
        console.MarkupLine("   [grey]UTC             rows            chunks                   embedded                     embedding everything[/]");
        console.MarkupLine("   [grey]              new  changed       new  updated  deleted     texts    tokens         $       tokens         $[/]");
    }

    /// <summary>One sync; lines appear as they happen.</summary>
    public void Row(DemoLine line) => console.MarkupLineInterpolated(
        CultureInfo.InvariantCulture,
        $"   {line.At:ddd HH:mm}  {line.RowsNew,7:N0}  {line.RowsChanged,7:N0}   {line.ChunksNew,7:N0}  {line.ChunksUpdated,7:N0}  {line.ChunksDeleted,7:N0}   [green]{line.Embedded,7:N0}[/]  {line.Tokens,8:N0}  {line.Usd,8:F6}   {line.Naive.Tokens,10:N0}  {line.Naive.Usd,8:F6}");

    /// <summary>What all syncs cost, and what they would have.</summary>
    public void Totals(IReadOnlyList<DemoLine> lines)
    {
        var (tokens, naive) = (lines.Sum(line => line.Tokens), lines.Sum(line => line.Naive.Tokens));
        var later = lines.Skip(1).ToList();
        Tell($"together: {lines.Sum(line => line.Embedded):N0} texts, {tokens:N0} tokens, ${lines.Sum(line => line.Usd):F6}; embedding everything at every sync: {naive:N0} tokens, ${lines.Sum(line => line.Naive.Usd):F6}");
        if (later.Count > 0)
        {
            Tell($"after the first: {later.Sum(line => line.Embedded):N0} texts for {later.Sum(line => line.RowsNew + line.RowsChanged):N0} rows new or changed, {100.0 * later.Sum(line => line.Tokens) / later.Sum(line => line.Naive.Tokens):F2} % of what embedding everything takes");
        }
    }

    public void Hits(IEnumerable<SearchHit> hits)
    {
        foreach (var hit in hits)
        {
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"   [green]{hit.Score:F3}[/] {Cut(hit.Text.ReplaceLineEndings(" "))}");
        }
    }

    public void Verdict(VerifyReport verdict)
    {
        Tell($"verify: {verdict.Chunks:N0} chunks, missing {verdict.Missing}, stale {verdict.Stale}, surplus {verdict.Surplus}, pending {verdict.Pending}");
        foreach (var example in verdict.Examples)
        {
            Tell($"{example}");
        }
    }

    public void Status(DemoStatus status) => Tell(
        $"{status.IndexingStatus}, {status.Outcome}: {status.TotalChunks:N0} chunks, pending {status.Pending}, failed {status.Failed}, queued {status.Queued}, lag {status.LagSeconds:N0} s, changes from {status.ChangeSource}");

    /// <summary>The metrics, a line for each block.</summary>
    public void Metrics(JsonElement metrics)
    {
        foreach (var block in metrics.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Object))
        {
            Tell($"{block.Name}: {string.Join(", ", block.Value.EnumerateObject().Where(p => p.Value.ValueKind is not JsonValueKind.Null && p.Name != "run_id").Select(p => $"{p.Name} {p.Value}"))}");
        }
    }

    public void Next(long cabinetId, string? servedAt)
    {
        console.MarkupLine("[bold]What next[/]");
        var address = servedAt ?? "http://127.0.0.1:7071";
        if (servedAt is null)
        {
            Tell($"./eng/demo.sh --keep    the same, and it goes on serving: the shop lives on by the second, the timers with it");
            Tell($"./eng/test.sh           all tests");
            Tell($"then, while it serves:");
        }

        Tell($"curl -H 'X-API-KEY: {DemoHost.OperatorKey}' {address}/v1/rag/status/{cabinetId}");
        Tell($"curl -H 'X-API-KEY: {DemoHost.OperatorKey}' {address}/v1/rag/metrics/{cabinetId}");
        Tell($"curl -H 'X-API-KEY: {DemoHost.OperatorKey}' {address}/v1/rag/runs/{cabinetId}");
        Tell($"curl -H 'X-API-KEY: {DemoHost.OperatorKey}' -X POST '{address}/v1/rag/index/{cabinetId}?full_rebuild=true'");
        Tell($"or open {address}/dashboard with the key {DemoHost.OperatorKey}");
    }

    private static string Cut(string text) => text.Length <= LongestHit ? text : $"{text[..LongestHit]} ...";
}
