using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Tests.Embeddings;

public sealed class EmbeddingsOptionsTests
{
    private static readonly EmbeddingsOptionsValidator Validator = new();

    [Fact]
    public void The_offline_embedder_needs_no_setting_and_has_its_own_model_name()
    {
        var options = new EmbeddingsOptions { Provider = EmbeddingsProvider.Offline };
        Assert.True(Validator.Validate(null, options).Succeeded);
        Assert.Equal("offline-feature-hashing-v1", options.ModelName);
    }

    [Theory]
    [Trait("Defect", "44")]
    [Trait("Defect", "60")]
    [InlineData("Embeddings:Provider", "Provider", (EmbeddingsProvider)9)]
    [InlineData("Embeddings:Endpoint", "Endpoint", null)]
    [InlineData("Embeddings:Endpoint", "Endpoint", "not a url")]
    [InlineData("Embeddings:Endpoint", "Endpoint", "http://example.org/")]
    [InlineData("Embeddings:Endpoint", "Endpoint", "https://user:secret@example.org/")]
    [InlineData("Embeddings:Deployment", "Deployment", " ")]
    [InlineData("Embeddings:Model", "Model", "")]
    [InlineData("Embeddings:Dimensions", "Dimensions", 0)]
    [InlineData("Embeddings:MaxInputsPerRequest", "MaxInputsPerRequest", 2_049)]
    [InlineData("Embeddings:MaxTokensPerRequest", "MaxTokensPerRequest", 300_001)]
    [InlineData("Embeddings:ParallelRequests", "ParallelRequests", 0)]
    [InlineData("Embeddings:RequestBudgetSeconds", "RequestBudgetSeconds", 0d)]
    [InlineData("Embeddings:RetryDelayMilliseconds", "RetryDelayMilliseconds", -1d)]
    public void A_wrong_setting_is_named_as_configured_without_its_value(string named, string property, object? value)
    {
        var options = Good();
        typeof(EmbeddingsOptions).GetProperty(property)!.SetValue(options, value);
        var result = Validator.Validate(null, options);
        Assert.True(result.Failed);
        Assert.Contains(result.Failures, failure => failure.StartsWith(named, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "60")]
    public void Good_settings_pass_and_a_negative_price_does_not()
    {
        var options = Good();
        Assert.True(Validator.Validate(null, options).Succeeded);
        options.PricePerMillionTokens = -1;
        Assert.Contains("Embeddings:PricePerMillionTokens", Validator.Validate(null, options).FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_http_to_another_machine_is_a_setting()
    {
        var options = new EmbeddingsOptions { Provider = EmbeddingsProvider.OpenAI, Endpoint = "http://ollama.lan:11434/v1" };
        Assert.Contains("Embeddings:AllowHttp=true", Validator.Validate(null, options).FailureMessage, StringComparison.Ordinal);
        options.AllowHttp = true;
        Assert.True(Validator.Validate(null, options).Succeeded);
    }

    private static EmbeddingsOptions Good() => new() { Endpoint = "https://name.openai.azure.com/", Deployment = "embed" };
}
