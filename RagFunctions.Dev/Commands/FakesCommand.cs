using System.CommandLine;
using RagFunctions.Cli;
using RagFunctions.Cli.Commands;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Commands;

/// <summary>
/// <c>rag-dev fakes</c>: the embeddings provider and a marketplace with one living shop, until Ctrl+C. What it prints can be read by a shell:
/// the settings that lead the app and <c>rag</c> here.
/// </summary>
internal static class FakesCommand
{
    // 32 bytes that everybody may know: they encrypt tokens that everybody may make.
    private static readonly string TokenKey = Convert.ToBase64String("a key for tokens that open nothing"u8[..32]);

    public static Command Create(CommandRunner runner)
    {
        var products = NumberOption.Create("--products", "Articles of the shop at the start.", smallest: 1, largest: 10_000, defaultValue: 60);
        var command = new Command("fakes", "Starts the embeddings provider and the marketplace on this machine and prints the settings that lead there.") { products };
        runner.Run(command, async scope =>
        {
            await using var embeddings = await FakeEmbeddingsServer.StartAsync(new FakeEmbeddingsOptions { KeepsInputs = false });
            await using var marketplace = await MarketplaceServer.StartAsync();
            var shop = new Shop(new ShopOptions
            {
                Seed = 7,
                Name = "Демо-магазин",
                Start = DateTimeOffset.UtcNow,
                Products = (int)scope.Parsed.GetValue(products)!.Value,
            });
            marketplace.Add(shop);
            await WriteAsync(scope.Output.Profile.Out.Writer, embeddings, marketplace, shop);
            await LiveAsync(marketplace, scope.CancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    // Past the console's line breaks: a token is longer than a line.
    private static async Task WriteAsync(TextWriter output, FakeEmbeddingsServer embeddings, MarketplaceServer marketplace, Shop shop)
    {
        var token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, TokenScopes.Sync, shop.Now.AddDays(180));
        KeyValuePair<string, string?>[] settings =
        [
            new("Embeddings:Provider", "openai"), new("Embeddings:Endpoint", embeddings.BaseUrl.ToString()), new("Embeddings:ApiKey", "any"),
            .. marketplace.Settings, new("Marketplace:TokenKey", TokenKey),
        ];
        await output.WriteLineAsync("# Fakes on this machine until Ctrl+C. Settings that lead the app and rag to them:");
        foreach (var (name, value) in settings)
        {
            await output.WriteLineAsync($"export {name.Replace(":", "__", StringComparison.Ordinal)}='{value}'");
        }

        await output.WriteLineAsync($"# The token of the seller of \"{shop.Options.Name}\", for: rag cabinet add <<<\"$SELLER_TOKEN\"");
        await output.WriteLineAsync($"export SELLER_TOKEN='{token}'");
        await output.FlushAsync();
    }

    private static async Task LiveAsync(MarketplaceServer marketplace, CancellationToken cancellationToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await second.WaitForNextTickAsync(cancellationToken))
            {
                marketplace.AdvanceShopsTo(marketplace.Options.Time.GetUtcNow());
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C is how it ends.
        }
    }
}
