using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>The source database (<c>wb_*</c>, <c>rag_changes</c>). Its own type, so that no statement reaches the wrong database.</summary>
public sealed class MainDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>The pooled connections.</summary>
    public NpgsqlDataSource Source { get; } = source;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
