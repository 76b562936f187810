using System.Text.Encodings.Web;
using System.Text.Json;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>Status and body of an answer.</summary>
internal sealed record Answer(int Status, byte[] Body, string ContentType)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>204: there is nothing.</summary>
    public static Answer NoContent { get; } = new(204, [], "application/json");

    /// <summary>200 with what <paramref name="write"/> writes.</summary>
    public static Answer Json(Action<Utf8JsonWriter> write) => Json(200, "application/json", write);

    /// <summary>Another status.</summary>
    public static Answer Json(int status, string type, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            write(writer);
        }

        return new Answer(status, stream.ToArray(), type);
    }
}
