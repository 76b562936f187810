namespace RagFunctions.Tests.Pages;

/// <summary>The browser really runs pages and really tells what is wrong with them: otherwise tests of pages would prove nothing.</summary>
[Collection(PagesDefinition.Name)]
public sealed class BrowserFixtureTests(BrowserFixture browser)
{
    private const string Sound = """
        <!doctype html><html lang="en"><head><title>Sound</title></head>
        <body><main><h1>Sound</h1><p id="said"></p></main><script>said.textContent = 'script ran';</script></body></html>
        """;

    private const string Faulty = """
        <!doctype html><html lang="en"><head><title>Faulty</title><meta http-equiv="Content-Security-Policy" content="script-src 'nonce-right'"></head>
        <body><main><h1>Faulty</h1><img src="data:,"><p style="color:#999;background:#fff">hardly readable</p><p style="width:3000px">wide</p></main>
        <script>document.title = 'must not run';</script><script nonce="right">nowhere();</script></body></html>
        """;

    [Fact]
    public async Task A_sound_page_runs_and_nothing_is_found()
    {
        await using var open = await browser.OpenAsync();
        await open.Page.SetContentAsync(Sound);

        Assert.Equal("script ran", await open.Page.Locator("#said").TextContentAsync());
        Assert.Empty(await open.AccessibilityFaultsAsync());
        Assert.Empty(await open.TooWideAsync());
        Assert.Empty(open.Complaints);
    }

    [Fact]
    public async Task Refused_and_failing_scripts_and_poor_pages_are_told()
    {
        await using var open = await browser.OpenAsync();
        await open.Page.SetContentAsync(Faulty);

        var faults = await open.AccessibilityFaultsAsync();
        Assert.Contains(faults, fault => fault.StartsWith("image-alt", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("color-contrast", StringComparison.Ordinal));
        Assert.Contains("width:3000px", await open.TooWideAsync(), StringComparison.Ordinal);
        Assert.Equal("Faulty", await open.Page.TitleAsync());
        Assert.Contains(open.Complaints, complaint => complaint.Contains("Content Security Policy", StringComparison.Ordinal));
        Assert.Contains(open.Complaints, complaint => complaint.StartsWith("script:", StringComparison.Ordinal));
    }
}
