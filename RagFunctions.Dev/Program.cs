using RagFunctions.Cli;
using RagFunctions.Dev;

return await DevCommandLine.RunAsync(args, CliEnvironment.OfThisProcess());
