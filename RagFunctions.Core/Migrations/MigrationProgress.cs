namespace RagFunctions.Core.Migrations;

/// <summary>What happens while a database is migrated.</summary>
/// <param name="Kind">What has just happened.</param>
/// <param name="Step">The step it happened to; null for <see cref="MigrationProgressKind.Waiting"/>.</param>
/// <param name="Elapsed">How long the step took; zero until it is done.</param>
public sealed record MigrationProgress(MigrationProgressKind Kind, MigrationStep? Step, TimeSpan Elapsed);
