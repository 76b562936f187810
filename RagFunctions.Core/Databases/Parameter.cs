using Npgsql;
using NpgsqlTypes;

namespace RagFunctions.Core.Databases;

/// <summary>The one way in which values reach a statement: by position, with the type of the value, so that nothing is boxed or guessed.</summary>
public static class Parameter
{
    /// <summary>The next positional parameter; null is sent as NULL of that type.</summary>
    public static NpgsqlParameter<T> Of<T>(T value) => new() { TypedValue = value };

    /// <summary>The next positional parameter, a JSON text.</summary>
    public static NpgsqlParameter<string?> Json(string? value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Jsonb };
}
