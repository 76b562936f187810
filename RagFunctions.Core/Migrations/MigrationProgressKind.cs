namespace RagFunctions.Core.Migrations;

/// <summary>Kinds of <see cref="MigrationProgress"/>.</summary>
public enum MigrationProgressKind
{
    /// <summary>Another process migrates this database; this one waits for it.</summary>
    Waiting,

    /// <summary>A step begins.</summary>
    Started,

    /// <summary>A step has been applied and recorded.</summary>
    Applied,

    /// <summary>A step has been taken back.</summary>
    TakenBack,

    /// <summary>An index of an applied step was missing or invalid and has been built again.</summary>
    Repaired,
}
