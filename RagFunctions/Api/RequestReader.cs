using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RagFunctions.Api;

/// <summary>Reads requests strictly: what is not understood is refused, never guessed or ignored.</summary>
internal static class RequestReader
{
    // The 100,000 ids of nineteen digits, and the words around them.
    private const int MostBytes = 4 * 1024 * 1024;

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <exception cref="BadRequestException">Not an integer, not above zero, or beyond bigint.</exception>
    public static long ReadId(string text, string name) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0
            ? id
            : throw new BadRequestException($"{name} must be an integer from 1 to {long.MaxValue}.");

    /// <summary>The query as <paramref name="known"/> understands it; any other name is refused.</summary>
    /// <exception cref="BadRequestException">An unknown name, a name given twice, or a value that is not what the parameter takes.</exception>
    public static QueryValues ReadQuery(HttpRequest request, IReadOnlyList<QueryValue> known)
    {
        Dictionary<string, object> read = [];
        foreach (var (name, values) in request.Query)
        {
            var parameter = known.FirstOrDefault(one => one.Name == name)
                ?? throw new BadRequestException($"The query has no parameter '{name}'.");
            read[name] = parameter.Read(values is [{ } single] ? single : null);
        }

        return new QueryValues(read);
    }

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

    /// <exception cref="BadRequestException">It is no object.</exception>
    public static JsonElement.ObjectEnumerator Fields(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject()
            : throw new BadRequestException($"{name} must be an object.");
}

/// <summary>A request that cannot be read, with what to tell the caller.</summary>
internal sealed class BadRequestException(string detail, int status = 400) : Exception(detail)
{
    public int Status { get; } = status;
}
