using Microsoft.Playwright;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Pages;

/// <summary>Tests of pages share one browser and run one after the other: a second browser would cost more than it gains.</summary>
[CollectionDefinition(Name)]
public sealed class PagesDefinition : ICollectionFixture<BrowserFixture>
{
    public const string Name = "pages";
}

/// <summary>
/// A real browser: Debian's Chromium (<c>eng/browser.sh</c> finds or installs it), driven by the driver inside the Playwright package. Without
/// one a test fails, none is skipped.
/// </summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    // No measure of speed: milliseconds that a test waits before it says that something hangs.
    private const float Patience = 30_000;

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var program = await EngScript.PathAsync("browser.sh", "a browser");
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program });
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    /// <summary>A page of somebody who was never here: no cookies, no storage, nothing cached.</summary>
    /// <param name="address">What relative addresses begin with, such as <c>http://127.0.0.1:7071</c>.</param>
    /// <param name="width">Of the window, in CSS pixels.</param>
    /// <param name="height">Of the window, in CSS pixels.</param>
    /// <param name="scheme">Which colours the viewer's system prefers.</param>
    internal async Task<OpenPage> OpenAsync(string? address = null, int width = 1280, int height = 800, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
            TimezoneId = "UTC",
        });
        context.SetDefaultTimeout(Patience);
        return new OpenPage(context, await context.NewPageAsync());
    }
}
