using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using RagFunctions.Tests.Api;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Pages;

/// <summary>The page of the API's description in a real browser, which gets everything from the app.</summary>
[Collection(PagesDefinition.Name)]
public sealed class DocsPageTests(BrowserFixture browser, IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    [Fact]
    public async Task A_reader_finds_a_route_and_calls_it()
    {
        await using var open = await browser.OpenAsync(indexed.App.Http.BaseAddress!.ToString());
        await open.Page.GotoAsync("/docs/#tag/search/POST/v1/rag/search/{cabinet_id}");
        await open.Page.GetByText("The rows of one cabinet that answer a question best.").First.WaitForAsync();
        await open.Page.GetByText("The question in words.").First.WaitForAsync();
        Assert.Equal(0, await open.Page.GetByText(new Regex("^(Share|Deploy|Generate SDKs?|Open API Client)$")).CountAsync());
        Directory.CreateDirectory(Repository.PathOf("artifacts"));
        await open.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Repository.PathOf("artifacts", "docs-page.png") });

        var health = await open.Page.RunAndWaitForResponseAsync(
            async () =>
            {
                await open.Page.GotoAsync("/docs/#tag/health/GET/v1/rag/health");
                await open.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { NameString = "Test Request" }).First.ClickAsync();
                await open.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { NameRegex = new("^Send") }).First.ClickAsync();
            },
            answer => answer.Url.EndsWith("/v1/rag/health", StringComparison.Ordinal));
        Assert.Equal("ok", (string?)JsonNode.Parse(await health.TextAsync())!["status"]);
        Assert.Empty(open.Complaints);
    }
}
