using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Documents;

// <example>
/// <summary>The retrieval step of an assistant: what the seller's data say about a question, as text for the model.</summary>
/// <param name="http">Its base address is the app's; it sends <c>X-API-KEY</c>.</param>
public sealed class RetrievalStep(HttpClient http)
{
    public async Task<string> ContextAsync(long cabinet, string question, CancellationToken cancellationToken)
    {
        using var found = await SearchAsync(cabinet, question, "hybrid", cancellationToken);
        if (found.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            // The embeddings provider pauses: words are found without it.
            using var byWord = await SearchAsync(cabinet, question, "text", cancellationToken);
            return await TextAsync(byWord, cancellationToken);
        }

        return await TextAsync(found, cancellationToken);
    }

    private Task<HttpResponseMessage> SearchAsync(long cabinet, string question, string mode, CancellationToken cancellationToken) =>
        http.PostAsJsonAsync($"/v1/rag/search/{cabinet}", new { query = question, mode, limit = 8 }, cancellationToken);

    private static async Task<string> TextAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        answer.EnsureSuccessStatusCode();
        var reply = await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken);
        return string.Join('\n', reply!["hits"]!.AsArray().Select(hit => $"[{hit!["kind"]} {hit["row_id"]}] {hit["text"]}"));
    }
}
// </example>
