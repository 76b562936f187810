using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RagFunctions.LocalHost;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag serve</c>: runs the app on this machine until Ctrl+C.</summary>
internal static class ServeCommand
{
    public static Command Create(CommandRunner runner)
    {
        var port = new Option<int?>("--port") { Description = "Loopback port instead of LocalHost:Port (7071)." };
        var chaos = new Option<bool>("--chaos") { Description = "Run every activity twice and drop the first result (LocalHost:Chaos)." };
        var command = new Command("serve", "Runs the app here: HTTP, timers, orchestrations. For development.") { port, chaos };
        runner.Run(command, async scope =>
        {
            await using var app = LocalApp.Build(WithOptions(scope, scope.Parsed.GetValue(port), scope.Parsed.GetValue(chaos)));
            await app.RunAsync(scope.CancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static IConfigurationRoot WithOptions(CommandScope scope, int? port, bool chaos)
    {
        var options = new Dictionary<string, string?>
        {
            // It would log, with a stack trace, what the command tells in a line.
            ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        };
        if (port is not null)
        {
            options[$"{LocalHostOptions.Section}:{nameof(LocalHostOptions.Port)}"] = $"{port}";
        }

        if (chaos)
        {
            options[$"{LocalHostOptions.Section}:{nameof(LocalHostOptions.Chaos)}"] = "true";
        }

        return new ConfigurationBuilder()
            .AddConfiguration(scope.Services.GetRequiredService<IConfiguration>())
            .AddInMemoryCollection(options)
            .Build();
    }
}
