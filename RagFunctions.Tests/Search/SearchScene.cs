using Microsoft.Extensions.Options;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;
using RagFunctions.Tests.Embeddings;

namespace RagFunctions.Tests.Search;

/// <summary>The search over a scene's index, asking the scene's provider.</summary>
internal static class SearchScene
{
    public static IndexSearch Over(EmbeddingScene scene, TimeProvider time, SearchOptions? settings = null)
    {
        var options = Options.Create(settings ?? new SearchOptions());
        return new IndexSearch(
            scene.Rag, new IndexEmbedder(scene.Rag, EmbeddingScene.EmbeddersOf(scene.Options)), new QuestionVectors(scene.Rag, options, time), options, time);
    }
}
