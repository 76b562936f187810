using RagFunctions.Cli;

return await RagCommandLine.RunAsync(args, CliEnvironment.OfThisProcess());
