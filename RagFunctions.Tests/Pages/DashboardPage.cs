using Microsoft.Playwright;

namespace RagFunctions.Tests.Pages;

/// <summary>The operators' page in a browser, used as people use it: by what it says.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private DashboardPage(OpenPage open) => Open = open;

    public OpenPage Open { get; }

    public IPage Page => Open.Page;

    public ILocator Search => Page.GetByRole(AriaRole.Searchbox, new() { Name = "Name or id" });

    /// <summary>Opens it and, with a key, signs in and waits for the overview.</summary>
    public static async Task<DashboardPage> OpenAsync(
        BrowserFixture browser, string address, string? key, int width = 1280, int height = 860, ColorScheme scheme = ColorScheme.Light)
    {
        var page = new DashboardPage(await browser.OpenAsync(address, width, height, scheme));
        await page.Page.GotoAsync("/dashboard");
        if (key is not null)
        {
            await page.SignInAsync(key);
            await page.Page.GetByRole(AriaRole.Table, new() { Name = "Cabinets" }).WaitForAsync();
        }

        return page;
    }

    public async Task SignInAsync(string key)
    {
        await Page.GetByLabel("API key").FillAsync(key);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Open" }).ClickAsync();
    }

    /// <summary>Goes to a cabinet by its address.</summary>
    public async Task GoToCabinetAsync(long cabinetId)
    {
        await Page.EvaluateAsync($"location.hash = '#/cabinets/{cabinetId}'");
        await Page.GetByRole(AriaRole.Group, new() { Name = "Actions" }).WaitForAsync();
    }

    /// <summary>The row of a cabinet.</summary>
    public ILocator Row(string name) => Page.GetByRole(AriaRole.Row).Filter(new() { Has = Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);

    public ValueTask DisposeAsync() => Open.DisposeAsync();
}
