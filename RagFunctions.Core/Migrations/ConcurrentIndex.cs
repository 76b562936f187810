namespace RagFunctions.Core.Migrations;

/// <summary>An index that is built while the table goes on being written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Create">The whole statement, <c>CREATE INDEX CONCURRENTLY …</c>.</param>
internal sealed record ConcurrentIndex(string Name, string Create);
