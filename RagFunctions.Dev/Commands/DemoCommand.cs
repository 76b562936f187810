using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Cli;
using RagFunctions.Cli.Commands;
using RagFunctions.Dev.Demo;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Commands;

/// <summary><c>rag-dev demo</c>: two days of a living shop in about a minute, from the marketplace's API to the search.</summary>
internal static class DemoCommand
{
    private static readonly ShopOptions Shop = new() { Seed = 7, Name = "Демо-магазин", Products = 60, OrdersPerHour = 3 };

    /// <summary>The command.</summary>
    public static Command Create(CommandRunner runner)
    {
        var keep = new Option<bool>("--keep") { Description = "Keep serving afterwards, time going on from the demo's Sunday, until Ctrl+C." };
        var syncs = NumberOption.Create("--syncs", "Syncs, two hours apart (24 = two days).", smallest: 1, largest: 24, defaultValue: 24);
        var command = new Command("demo", "Shows the main job on a living shop, in a database of its own (rag_demo).") { keep, syncs };
        runner.Run(command, async scope =>
        {
            var server = scope.Services.GetRequiredService<IConfiguration>()["ConnectionStrings:Main"]
                ?? throw new CliException("ConnectionStrings:Main is missing: the demo makes its database on the server that it names ('eng/postgres.sh url main').");
            var database = await DemoDatabase.CreateAsync(server, DemoDatabase.Name, scope.CancellationToken);
            return await new DemoTour(scope.Output, database, Shop, (int)scope.Parsed.GetValue(syncs)!.Value)
                .RunAsync(scope.Parsed.GetValue(keep), scope.CancellationToken);
        });
        return command;
    }
}
