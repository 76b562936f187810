namespace RagFunctions.Core.Migrations;

/// <summary>Which schema a migration belongs to. Both may live in one database: each has a history table of its own.</summary>
public enum MigrationSet
{
    /// <summary>The source tables and the change queue.</summary>
    Main,

    /// <summary>The index: chunks, vectors, status, runs.</summary>
    Rag,
}
