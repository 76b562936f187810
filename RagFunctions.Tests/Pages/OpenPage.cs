using System.Collections.Concurrent;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace RagFunctions.Tests.Pages;

/// <summary>A page in the browser, and what the browser complains of meanwhile: script errors, refused contents, requests to elsewhere.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private const string RunAxe = """
        async () => {
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
            const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
            return found.violations.map(v => `${v.id}: ${v.help}\n  ${v.nodes.map(n => `${n.html} (${n.failureSummary})`).join('\n  ')}`);
        }
        """;

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    public OpenPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _complaints.Enqueue($"script: {error}");
        page.Console += (_, said) =>
        {
            // An answer that is no success is told there as well: which ones are right is for the test to say.
            if (said.Type is "error" or "warning" && !said.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Enqueue($"console: {said.Text}");
            }
        };
        page.Request += (_, request) =>
        {
            if (Uri.TryCreate(request.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ws" && !url.IsLoopback)
            {
                _complaints.Enqueue($"asks elsewhere: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What went wrong in the browser so far.</summary>
    public IReadOnlyCollection<string> Complaints => [.. _complaints];

    /// <summary>What the rules of WCAG 2.2 A and AA and the usual good practice find, a line each with the elements.</summary>
    public async Task<IReadOnlyList<string>> AccessibilityFaultsAsync()
    {
        // The package's own way of running opens a second page to gather results of frames, which these pages do not have.
        await Page.EvaluateAsync(Axe);
        var faults = await Page.EvaluateAsync<JsonElement>(RunAxe);
        return [.. faults.EnumerateArray().Select(fault => fault.GetString()!)];
    }

    /// <summary>What is wider than the window, so that a reader would have to scroll sideways for every line; empty: the page fits.</summary>
    public async Task<string> TooWideAsync() => await Page.EvaluateAsync<string>("""
        async () => {
            // A window that was resized is laid out with its next frame.
            await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return '';
            const wide = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().left + element.scrollWidth > width + 0.5);
            return `${document.documentElement.scrollWidth} pixels: ${wide.map(element => element.cloneNode(false).outerHTML).slice(0, 12).join(' ')}`;
        }
        """);

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
