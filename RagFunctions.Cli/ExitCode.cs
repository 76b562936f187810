namespace RagFunctions.Cli;

/// <summary>What <c>rag</c> answers to its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int WrongUsage = 2;

    /// <summary>Asked whether a pending migration deletes something: it does.</summary>
    public const int Destructive = 3;
}
