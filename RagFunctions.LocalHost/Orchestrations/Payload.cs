using System.Text;
using System.Text.Json;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>Inputs, outputs and statuses as JSON, within limits that every back end keeps.</summary>
internal static class Payload
{
    /// <summary>Below this every back end of Durable Functions stores a message inline.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>Documented are 16 KB of UTF-16.</summary>
    public const int MaxCustomStatusCharacters = 8_000;

    // The worker's own default.
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <exception cref="InvalidOperationException">It is too large.</exception>
    public static string? Serialize(object? value, string what)
    {
        var json = value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);
        var bytes = Encoding.UTF8.GetByteCount(json ?? "");
        return bytes <= MaxBytes
            ? json
            : throw new InvalidOperationException($"{what} has {bytes} bytes of JSON; more than {MaxBytes} are not allowed.");
    }

    /// <exception cref="InvalidOperationException">It is too large.</exception>
    public static string? SerializeCustomStatus(object? value)
    {
        var json = value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);
        return json is null || json.Length <= MaxCustomStatusCharacters
            ? json
            : throw new InvalidOperationException(
                $"The custom status has {json.Length} characters of JSON; more than {MaxCustomStatusCharacters} are not allowed.");
    }

    /// <summary>Null and default where there is no JSON.</summary>
    public static object? Deserialize(string? json, Type type) =>
        json is null ? (type.IsValueType ? Activator.CreateInstance(type) : null) : JsonSerializer.Deserialize(json, type, Options);
}
