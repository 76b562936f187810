namespace RagFunctions.Cli;

/// <summary>A command cannot go on; the message is for the one who typed it.</summary>
internal sealed class CliException(string message) : Exception(message);
