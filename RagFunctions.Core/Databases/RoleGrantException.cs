namespace RagFunctions.Core.Databases;

/// <summary>A role cannot be granted to; the message says what is missing.</summary>
public sealed class RoleGrantException(string message) : Exception(message);
