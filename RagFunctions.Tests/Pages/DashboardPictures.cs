using Microsoft.Playwright;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Pages;

/// <summary>Takes the pictures of docs/dashboard.md: <c>-explicit only -class '*DashboardPictures'</c>.</summary>
[Collection(PagesDefinition.Name)]
public sealed class DashboardPictures(BrowserFixture browser, DashboardScene scene) : IClassFixture<DashboardScene>
{
    public static TheoryData<string, int, int, ColorScheme> Views => new()
    {
        { "light", 1280, 860, ColorScheme.Light },
        { "dark", 1280, 860, ColorScheme.Dark },
        { "phone", 390, 844, ColorScheme.Light },
    };

    [Theory(Explicit = true)]
    [MemberData(nameof(Views))]
    public async Task The_pictures_of_the_document_are_taken(string name, int width, int height, ColorScheme scheme)
    {
        await using var dashboard = await DashboardPage.OpenAsync(browser, scene.Address, DashboardScene.OperatorKey, width, height, scheme);
        await TakeAsync("overview");
        await dashboard.Page.GotoAsync($"/dashboard#/cabinets/{DashboardScene.Failing}");
        await dashboard.Page.GetByRole(AriaRole.Heading, new() { Name = "What failed, and why" }).WaitForAsync();
        await TakeAsync("cabinet");
        Assert.Empty(dashboard.Open.Complaints);

        async Task TakeAsync(string view)
        {
            Directory.CreateDirectory(Repository.PathOf("docs", "images"));
            await dashboard.Page.ScreenshotAsync(new PageScreenshotOptions
            {
                Path = Repository.PathOf("docs", "images", $"dashboard-{view}-{name}.png"),
                Animations = ScreenshotAnimations.Disabled,
            });
        }
    }
}
