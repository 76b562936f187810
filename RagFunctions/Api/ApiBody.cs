using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace RagFunctions.Api;

/// <summary>What a body may be, for those who read the API's description.</summary>
internal abstract class ApiBody
{
    /// <summary>A call without a body means something too.</summary>
    public bool IsOptional { get; init; }

    /// <summary>A library reads it, and refuses by the rules of its protocol what it does not understand.</summary>
    public bool IsReadByLibrary { get; init; }

    /// <summary>Bodies that are understood, by what they are for.</summary>
    public required IReadOnlyDictionary<string, JsonObject> Examples { get; init; }

    /// <summary>The JSON schema.</summary>
    public abstract JsonObject Schema { get; }
}

/// <summary>A body that is an object of known fields. The same list reads it and describes it.</summary>
/// <param name="start">The request before any field has been read.</param>
/// <param name="fields">Every field there is.</param>
internal sealed class ApiBody<T>(Func<T> start, params BodyField<T>[] fields) : ApiBody
    where T : class
{
    /// <summary>Looks at the whole when every field has been read.</summary>
    public Action<T>? Check { get; init; }

    /// <inheritdoc />
    public override JsonObject Schema
    {
        get
        {
            var schema = new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["properties"] = new JsonObject([.. fields.Select(known => KeyValuePair.Create(known.Name, (JsonNode?)known.Schema))]),
            };
            if (fields.Where(known => known.IsNeeded).Select(known => (JsonNode)known.Name).ToArray() is { Length: > 0 } needed)
            {
                schema["required"] = new JsonArray(needed);
            }

            return schema;
        }
    }

    /// <summary>The body; null where there is none.</summary>
    /// <exception cref="BadRequestException">Says which field is wrong, and how.</exception>
    public Task<T?> ReadAsync(HttpRequest request, CancellationToken cancellationToken) =>
        RequestReader.ReadJsonAsync(request, Read, cancellationToken);

    private T Read(JsonElement body)
    {
        var read = start();
        HashSet<string> seen = [];
        foreach (var given in RequestReader.Fields(body, "The body"))
        {
            var field = fields.FirstOrDefault(known => known.Name == given.Name)
                ?? throw new BadRequestException($"The body has no field '{given.Name}'.");
            read = field.Read(read, given.Value);
            seen.Add(field.Name);
        }

        if (fields.FirstOrDefault(field => field.IsNeeded && !seen.Contains(field.Name)) is { } missing)
        {
            throw new BadRequestException($"{missing.Name} is missing.");
        }

        Check?.Invoke(read);
        return read;
    }
}

/// <summary>One field of a body.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">What it may be.</param>
/// <param name="Read">Puts its value into the request.</param>
/// <param name="IsNeeded">A body without it is refused.</param>
internal sealed record BodyField<T>(string Name, JsonObject Schema, Func<T, JsonElement, T> Read, bool IsNeeded)
{
    /// <summary>A field of a kind of value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="meaning">What it does.</param>
    /// <param name="value">What it may be.</param>
    /// <param name="put">Puts it into the request.</param>
    /// <param name="isNeeded">A body without it is refused.</param>
    /// <param name="usual">What an absent one counts as, for the description.</param>
    public static BodyField<T> Of<TValue>(
        string name, string meaning, ApiValue<TValue> value, Func<T, TValue, T> put, bool isNeeded = false, JsonNode? usual = null)
    {
        var schema = value.Schema;
        schema["description"] = meaning;
        if (usual is not null)
        {
            schema["default"] = usual;
        }

        return new BodyField<T>(name, schema, (request, given) => put(request, value.Read(given, name)), isNeeded);
    }

    /// <summary>A copy: a node of JSON has one parent only.</summary>
    public JsonObject Schema { get => (JsonObject)field.DeepClone(); init; } = Schema;
}
