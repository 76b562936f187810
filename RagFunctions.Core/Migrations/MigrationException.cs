namespace RagFunctions.Core.Migrations;

/// <summary>A database could not be migrated. The message says which step failed and why; the steps before it stay applied.</summary>
public sealed class MigrationException(string message, Exception? innerException = null) : Exception(message, innerException);
