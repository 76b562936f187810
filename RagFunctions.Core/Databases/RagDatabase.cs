using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>The index database (<c>rag_*</c>, pgvector). Built with <c>UseVector()</c>.</summary>
public sealed class RagDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>The pooled connections.</summary>
    public NpgsqlDataSource Source { get; } = source;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
