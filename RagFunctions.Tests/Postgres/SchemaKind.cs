namespace RagFunctions.Tests.Postgres;

/// <summary>What a new test database holds.</summary>
public enum SchemaKind
{
    /// <summary>Nothing, not even the vector extension.</summary>
    Empty,

    /// <summary>The source tables and the change queue.</summary>
    Main,

    /// <summary>The index.</summary>
    Rag,

    /// <summary>Both in one database, as a small installation has them.</summary>
    Both,
}
