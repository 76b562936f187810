using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Runs;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag index</c>: brings a cabinet's index up to date, in this process.</summary>
internal static class IndexCommand
{
    public static Command Create(CommandRunner runner)
    {
        var cabinet = CabinetArgument.Create();
        var full = new Option<bool>("--full") { Description = "Read everything again, delete what is gone." };
        var ids = ChangedIdsOption.Create();
        var allow = new Option<bool>("--allow-mass-delete") { Description = "Let this run delete more than half of an entity." };
        var command = new Command("index", "Brings a cabinet's index up to date: the named rows, or whatever has changed.") { cabinet, full, ids, allow };
        runner.Run(command, async scope =>
        {
            var request = new StartIndexRequest(
                scope.Parsed.GetValue(cabinet), scope.Parsed.GetValue(full), scope.Parsed.GetValue(allow), scope.Parsed.GetValue(ids));
            var result = await scope.Services.GetRequiredService<StartIndex>().StartAsync(request, scope.CancellationToken);
            switch (result.Status)
            {
                case StartIndexStatus.UnknownCabinet:
                    throw new CliException($"Cabinet {request.CabinetId} is unknown or not active.");
                case StartIndexStatus.NothingToDo:
                    scope.Output.WriteLine("nothing to do");
                    return ExitCode.Done;
                default:
                    return await RunReport.RunAsync(scope, request.CabinetId);
            }
        });
        return command;
    }
}
