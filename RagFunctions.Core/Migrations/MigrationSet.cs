using System.Reflection;

namespace RagFunctions.Core.Migrations;

/// <summary>Which schema a migration belongs to. Both may live in one database: each has a history table of its own.</summary>
public enum MigrationSet
{
    /// <summary>The source tables and the change queue.</summary>
    Main,

    /// <summary>The index: chunks, vectors, status, runs.</summary>
    Rag,
}

/// <summary>What a <see cref="MigrationSet"/> is called, where its steps are and where its history is kept.</summary>
public static class MigrationSetNames
{
    /// <summary>Both sets, in the order in which an installation runs them.</summary>
    public static IReadOnlyList<MigrationSet> All { get; } = [MigrationSet.Main, MigrationSet.Rag];

    /// <summary>The name on the command line: <c>main</c>, <c>rag</c>.</summary>
    public static string Name(this MigrationSet set) => set switch
    {
        MigrationSet.Main => "main",
        MigrationSet.Rag => "rag",
        _ => throw new ArgumentOutOfRangeException(nameof(set), set, "not a migration set"),
    };

    /// <summary>The table, in the schema of the set's tables, that records which steps have run.</summary>
    public static string HistoryTable(this MigrationSet set) => "rag_schema_" + set.Name();

    internal static string StepsNamespace(this MigrationSet set) => $"{typeof(MigrationSetNames).Namespace}.{set}";

    internal static Assembly StepsAssembly => typeof(MigrationSetNames).Assembly;
}
