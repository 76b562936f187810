using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Server;
using RagFunctions.Core.Mcp;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag mcp CABINET</c>: the index of a cabinet as tools of an assistant on this machine, over standard input and output.</summary>
internal static class McpCommand
{
    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var command = new Command("mcp", "Serves the tools search and index_status of one cabinet to an assistant (MCP over standard input and output).") { cabinet };
        runner.Run(command, async scope =>
        {
            var options = new McpServerOptions();
            IndexTools.Offer(scope.Services, new ToolCaller(new HashSet<long> { scope.Parsed.GetValue(cabinet) }), options);
            await using var transport = new StdioServerTransport(options, scope.Services.GetRequiredService<ILoggerFactory>());
            await using var server = McpServer.Create(transport, options, scope.Services.GetRequiredService<ILoggerFactory>(), scope.Services);
            await server.RunAsync(scope.CancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
