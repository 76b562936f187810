using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Cli;
using RagFunctions.Dev.LocalHost;

namespace RagFunctions.Dev.Commands;

/// <summary><c>rag-dev serve</c>: runs the app on this machine until Ctrl+C.</summary>
internal static class ServeCommand
{
    // The storage emulator on its usual ports.
    private const string Azurite = "UseDevelopmentStorage=true";

    public static Command Create(CommandRunner runner)
    {
        var port = new Option<int?>("--port") { Description = "Loopback port instead of LocalHost:Port (7071)." };
        var chaos = new Option<bool>("--chaos") { Description = "Run every activity twice and drop the first result (LocalHost:Chaos)." };
        var storage = new Option<string?>("--storage")
        {
            Description = "Keep orchestrations in Azure Storage (LocalHost:Storage): a connection string, or nothing for Azurite. In memory without it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("serve", "Runs the app here: HTTP, timers, orchestrations. For development.") { port, chaos, storage };
        runner.Run(command, async scope =>
        {
            await using var host = await LocalFunctionsHost.StartAsync(WithOptions(scope, port, chaos, storage), replace: null, scope.CancellationToken);
            await Task.Delay(Timeout.Infinite, scope.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;
        });
        return command;
    }

    private static IConfigurationRoot WithOptions(CommandScope scope, Option<int?> port, Option<bool> chaos, Option<string?> storage)
    {
        var options = new Dictionary<string, string?>();
        if (scope.Parsed.GetValue(port) is { } given)
        {
            options[$"{LocalHostOptions.Section}:{nameof(LocalHostOptions.Port)}"] = $"{given}";
        }

        if (scope.Parsed.GetValue(chaos))
        {
            options[$"{LocalHostOptions.Section}:{nameof(LocalHostOptions.Chaos)}"] = "true";
        }

        if (scope.Parsed.GetResult(storage) is not null)
        {
            options[$"{LocalHostOptions.Section}:{nameof(LocalHostOptions.Storage)}"] = scope.Parsed.GetValue(storage) ?? Azurite;
        }

        return new ConfigurationBuilder()
            .AddConfiguration(scope.Services.GetRequiredService<IConfiguration>())
            .AddInMemoryCollection(options)
            .Build();
    }
}
