using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RagFunctions.Core;

namespace RagFunctions.Api;

/// <summary>Reads requests strictly: what is not understood is refused, never guessed or ignored.</summary>
internal static class RequestReader
{
    /// <summary>Row ids in one request.</summary>
    public const int MostIds = 100_000;

    // 100,000 ids of nineteen digits, and the words around them.
    private const int MostBytes = 4 * 1024 * 1024;

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <exception cref="BadRequestException">Not an integer, not above zero, or beyond bigint.</exception>
    public static long ReadId(string text, string name) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0
            ? id
            : throw new BadRequestException($"{name} must be an integer from 1 to {long.MaxValue}.");

    /// <summary>The flags of the query; any other name is refused.</summary>
    /// <exception cref="BadRequestException">An unknown name, a name given twice, or a value that is neither true nor false.</exception>
    public static IReadOnlySet<string> ReadFlags(HttpRequest request, params string[] known)
    {
        HashSet<string> set = [];
        foreach (var (name, values) in request.Query)
        {
            if (!known.Contains(name))
            {
                throw new BadRequestException($"The query has no parameter '{name}'.");
            }

            if (values is not [{ } value] || !bool.TryParse(value, out var flag))
            {
                throw new BadRequestException($"{name} must be true or false, once.");
            }

            if (flag)
            {
                set.Add(name);
            }
        }

        return set;
    }

    /// <summary>The numbers of the query, each from 1 to its bound; any other name is refused.</summary>
    /// <exception cref="BadRequestException">An unknown name, a name given twice, or no number within its bounds.</exception>
    public static IReadOnlyDictionary<string, long> ReadNumbers(HttpRequest request, params (string Name, long Most)[] known)
    {
        Dictionary<string, long> numbers = [];
        foreach (var (name, values) in request.Query)
        {
            var bound = known.FirstOrDefault(parameter => parameter.Name == name);
            if (bound.Name is null)
            {
                throw new BadRequestException($"The query has no parameter '{name}'.");
            }

            numbers[name] = values is [{ } value] && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= 1 && number <= bound.Most
                ? number
                : throw new BadRequestException($"{name} must be an integer from 1 to {bound.Most}, once.");
        }

        return numbers;
    }

    /// <summary>The ids of the body by entity; null where there is no body.</summary>
    /// <exception cref="BadRequestException">The body is not what it must be; says where.</exception>
    public static async Task<IReadOnlyDictionary<Entity, IReadOnlyCollection<long>>?> ReadChangedIdsAsync(
        HttpRequest request, CancellationToken cancellationToken) => await ReadJsonAsync(request, ReadChangedIds, cancellationToken);

    /// <summary>The body as <paramref name="read"/> understands it; null where there is none.</summary>
    /// <exception cref="BadRequestException">The body is no JSON, or <paramref name="read"/> refuses it.</exception>
    public static async Task<T?> ReadJsonAsync<T>(HttpRequest request, Func<JsonElement, T> read, CancellationToken cancellationToken)
        where T : class
    {
        var body = await ReadBodyAsync(request, cancellationToken);
        if (body.Length == 0)
        {
            return null;
        }

        if (!request.HasJsonContentType())
        {
            throw new BadRequestException("The body must be application/json.", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            using var document = JsonDocument.Parse(body, Json);
            return read(document.RootElement);
        }
        // The latter for bytes in a name that are no UTF-8.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new BadRequestException("The body is not valid JSON.");
        }
    }

    /// <exception cref="BadRequestException">There is a body.</exception>
    public static async Task RefuseBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if ((await ReadBodyAsync(request, cancellationToken)).Length > 0)
        {
            throw new BadRequestException("This route takes no body.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MostBytes)
        {
            throw new BadRequestException($"The body has more than {MostBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0;)
        {
            if (buffer.Length + read > MostBytes)
            {
                throw new BadRequestException($"The body has more than {MostBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private static Dictionary<Entity, IReadOnlyCollection<long>> ReadChangedIds(JsonElement body)
    {
        Dictionary<Entity, IReadOnlyCollection<long>> changed = [];
        var left = MostIds;
        foreach (var field in Fields(body, "The body"))
        {
            if (field.Name != "changed_ids")
            {
                throw new BadRequestException($"The body has no field '{field.Name}'.");
            }

            foreach (var list in Fields(field.Value, "changed_ids"))
            {
                if (!EntityNames.TryParseWireName(list.Name, out var entity))
                {
                    throw new BadRequestException($"changed_ids: '{list.Name}' is no entity (orders, products, stocks, reviews, sales).");
                }

                var ids = ReadIds(list.Value, $"changed_ids.{list.Name}");
                left -= ids.Count;
                changed.Add(entity, ids);
                if (left < 0)
                {
                    throw new BadRequestException($"changed_ids has more than {MostIds} ids.");
                }
            }
        }

        return changed;
    }

    internal static JsonElement.ObjectEnumerator Fields(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject()
            : throw new BadRequestException($"{name} must be an object.");

    private static List<long> ReadIds(JsonElement list, string name)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new BadRequestException($"{name} must be a list of row ids.");
        }

        List<long> ids = [];
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var id) || id <= 0)
            {
                throw new BadRequestException($"{name}[{ids.Count}] must be an integer from 1 to {long.MaxValue}.");
            }

            ids.Add(id);
        }

        return ids;
    }
}

/// <summary>A request that cannot be read, with what to tell the caller.</summary>
internal sealed class BadRequestException(string detail, int status = 400) : Exception(detail)
{
    public int Status { get; } = status;
}
