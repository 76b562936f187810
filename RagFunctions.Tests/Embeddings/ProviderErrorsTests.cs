using System.ClientModel.Primitives;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Tests.Embeddings;

/// <summary>What an error answer of the provider asks for, and how long it asks to wait.</summary>
public sealed class ProviderErrorsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(400, null, ProviderTrouble.Refuse)]
    [InlineData(413, null, ProviderTrouble.Refuse)]
    [InlineData(422, null, ProviderTrouble.Refuse)]
    [InlineData(408, null, ProviderTrouble.Wait)]
    [InlineData(409, null, ProviderTrouble.Wait)]
    [InlineData(424, null, ProviderTrouble.Wait)]
    [InlineData(425, null, ProviderTrouble.Wait)]
    [InlineData(429, null, ProviderTrouble.Wait)]
    [InlineData(429, "rate_limit_exceeded", ProviderTrouble.Wait)]
    [InlineData(429, "insufficient_quota", ProviderTrouble.Stop)]
    [InlineData(500, null, ProviderTrouble.Wait)]
    [InlineData(503, "insufficient_quota", ProviderTrouble.Wait)]
    [InlineData(599, null, ProviderTrouble.Wait)]
    [InlineData(301, null, ProviderTrouble.Stop)]
    [InlineData(401, null, ProviderTrouble.Stop)]
    [InlineData(403, null, ProviderTrouble.Stop)]
    [InlineData(404, null, ProviderTrouble.Stop)]
    [InlineData(499, null, ProviderTrouble.Stop)]
    public void A_status_and_a_code_ask_for_one_thing(int status, string? code, ProviderTrouble trouble) =>
        Assert.Equal(trouble, ProviderErrors.TroubleOf(status, ErrorBody.None with { Code = code }));

    [Theory]
    [InlineData(429, """{"error":{"code":"insufficient_quota"}}""", false)]
    [InlineData(429, """{"error":{"type":"insufficient_quota"}}""", false)]
    [InlineData(429, """{"error":{"code":"other","type":"insufficient_quota"}}""", true)]
    [InlineData(429, "no json", true)]
    [InlineData(503, """{"error":{"code":"insufficient_quota"}}""", true)]
    [InlineData(400, "{}", false)]
    [InlineData(401, "{}", false)]
    public void Another_try_is_made_only_where_waiting_may_help(int status, string body, bool again) =>
        Assert.Equal(again, ProviderErrors.MayRetry(new Answer(status, body)));

    [Theory]
    [InlineData("""{"error":{"code":"c","type":"t","message":"m"}}""", "the embeddings provider answered 418 (c): m")]
    [InlineData("""{"error":{"code":null,"type":"t","message":"m"}}""", "the embeddings provider answered 418 (t): m")]
    [InlineData("""{"error":{"code":"c"}}""", "the embeddings provider answered 418 (c)")]
    [InlineData("""{"error":{"message":"m"}}""", "the embeddings provider answered 418: m")]
    [InlineData("""{"error":{"message":7}}""", "the embeddings provider answered 418")]
    [InlineData("""{"error":"plain words"}""", "the embeddings provider answered 418: plain words")]
    [InlineData("""{"error":["c"]}""", "the embeddings provider answered 418")]
    [InlineData("""{"message":"m","type":"t","code":7}""", "the embeddings provider answered 418 (7): m")]
    [InlineData("""{"message":"m","detail":"d"}""", "the embeddings provider answered 418: m")]
    [InlineData("""{"detail":"m"}""", "the embeddings provider answered 418: m")]
    [InlineData("""{"detail":[{"msg":"too long"},7,{"loc":[]},{"msg":"too many"}]}""", "the embeddings provider answered 418: too long; too many")]
    [InlineData("<style>b {}</style>Bad<br>gateway", "the embeddings provider answered 418: Bad gateway")]
    [InlineData("[1]", "the embeddings provider answered 418")]
    [InlineData("<html>", "the embeddings provider answered 418")]
    [InlineData("", "the embeddings provider answered 418")]
    public void An_error_is_told_as_far_as_its_body_can_be_read(string body, string message)
    {
        var error = ProviderErrors.FromResponse(new Answer(418, body), secret: null, Now);
        Assert.Equal((message, 418, ProviderTrouble.Stop, null), (error.Message, error.Status, error.Trouble, error.RetryAfter));
    }

    [Theory]
    [InlineData("insufficient_quota", ProviderTrouble.Stop)]
    [InlineData("invalid_api_key", ProviderTrouble.Stop)]
    [InlineData("authentication_error", ProviderTrouble.Stop)]
    [InlineData("permission_denied", ProviderTrouble.Stop)]
    [InlineData("permission_error", ProviderTrouble.Stop)]
    [InlineData("model_not_found", ProviderTrouble.Stop)]
    [InlineData("DeploymentNotFound", ProviderTrouble.Stop)]
    [InlineData("401", ProviderTrouble.Stop)]
    [InlineData("invalid_request_error", ProviderTrouble.Refuse)]
    [InlineData("context_length_exceeded", ProviderTrouble.Refuse)]
    [InlineData("string_above_max_length", ProviderTrouble.Refuse)]
    [InlineData("BadRequestError", ProviderTrouble.Refuse)]
    [InlineData("Validation", ProviderTrouble.Refuse)]
    [InlineData("400", ProviderTrouble.Refuse)]
    [InlineData("429", ProviderTrouble.Wait)]
    [InlineData("7", ProviderTrouble.Wait)]
    [InlineData("overloaded", ProviderTrouble.Wait)]
    public void An_error_in_a_success_is_judged_by_its_name(string name, ProviderTrouble trouble)
    {
        foreach (var body in new[] { $$$"""{"error":{"code":"{{{name}}}","message":"m"}}""", $$$"""{"message":"m","code":"{{{name}}}"}""" })
        {
            var error = ProviderErrors.FromSuccess(new Answer(200, body, ("retry-after", "7")), "no vectors", secret: null, Now);
            Assert.Equal((trouble, 0, false, TimeSpan.FromSeconds(7)), (error.Trouble, error.LostTries, error.IsNameless, error.RetryAfter));
            Assert.Equal($"the embeddings provider answered 200 ({name}): no vectors: m", error.Message);
        }
    }

    [Theory]
    [InlineData("""{"error":{"code":"429","type":"insufficient_quota"}}""", ProviderTrouble.Stop)]
    [InlineData("""{"error":"too long","error_type":"Validation"}""", ProviderTrouble.Refuse)]
    public void Where_the_code_is_no_name_the_type_is(string body, ProviderTrouble trouble) =>
        Assert.Equal(trouble, ProviderErrors.FromSuccess(new Answer(200, body), "no vectors", secret: null, Now).Trouble);

    [Theory]
    [InlineData("[1]", "no vectors")]
    [InlineData("", "no vectors")]
    [InlineData("""{"data":[]}""", "no vectors")]
    [InlineData("<p>Blocked by policy</p>", "no vectors: Blocked by policy")]
    public void A_success_without_any_error_is_an_outage_and_may_be_paid(string body, string told)
    {
        var error = ProviderErrors.FromSuccess(new Answer(200, body), "no vectors", secret: null, Now);
        Assert.Equal((ProviderTrouble.Wait, 1, true, 200), (error.Trouble, error.LostTries, error.IsNameless, error.Status));
        Assert.Equal($"the embeddings provider answered 200: {told}", error.Message);
    }

    [Theory]
    [InlineData("399", null)]
    [InlineData("400", 400)]
    [InlineData("599", 599)]
    [InlineData("600", null)]
    [InlineData("\"429\"", 429)]
    [InlineData("null", null)]
    public void A_code_is_a_status_only_where_it_is_that_of_an_error(string code, int? status) =>
        Assert.Equal(status, ErrorBody.Read(BinaryData.FromString($$$"""{"error":{"code":{{{code}}}}}""")).Status);

    [Fact]
    public void A_key_that_the_answer_echoes_is_in_no_message()
    {
        var body = """{"error":{"code":"bad-s3cr3t-key","message":"Incorrect API key provided: s3cr3t-key"}}""";
        Assert.DoesNotContain("s3cr3t-key", ProviderErrors.FromResponse(new Answer(401, body), "s3cr3t-key", Now).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_asked_wait_and_the_trouble_travel_with_the_error()
    {
        var error = ProviderErrors.FromResponse(new Answer(429, "{}", ("retry-after", "7")), secret: null, Now);
        Assert.Equal((ProviderTrouble.Wait, TimeSpan.FromSeconds(7)), (error.Trouble, error.RetryAfter));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(1.5, "retry-after-ms=1500", "retry-after=9")]
    [InlineData(2.0, "x-ms-retry-after-ms=2000", "retry-after=9")]
    [InlineData(9.0, "retry-after-ms=soon", "retry-after=9")]
    [InlineData(0.5, "retry-after=0.5")]
    [InlineData(60.0, "retry-after=Sun, 01 Mar 2026 03:01:00 GMT")]
    [InlineData(0.0, "retry-after=Sun, 01 Mar 2026 02:00:00 GMT")]
    [InlineData(null, "retry-after=soon")]
    [InlineData(null, "retry-after=-5")]
    [InlineData(86_400_000.0, "retry-after=999999999999")]
    [InlineData(null, "retry-after=1e5")]
    [InlineData(5.0, "x-ratelimit-remaining-requests=0", "x-ratelimit-reset-requests=5")]
    [InlineData(360.0, "x-ratelimit-remaining-tokens=0", "x-ratelimit-reset-tokens=6m0s")]
    [InlineData(3_723.004, "x-ratelimit-remaining-tokens=0", "x-ratelimit-reset-tokens=1h2m3s4ms")]
    [InlineData(0.02, "x-ratelimit-remaining-tokens=0", "x-ratelimit-reset-tokens=20ms")]
    [InlineData(8.64, "x-ratelimit-remaining-requests=0", "x-ratelimit-reset-requests=8.64s")]
    [InlineData(null, "x-ratelimit-remaining-tokens=0", "x-ratelimit-reset-tokens=a while")]
    [InlineData(null, "x-ratelimit-remaining-tokens=0")]
    [InlineData(null, "x-ratelimit-remaining-tokens=3", "x-ratelimit-reset-tokens=6m0s")]
    [InlineData(null, "x-ratelimit-remaining-tokens=many", "x-ratelimit-reset-tokens=6m0s")]
    [InlineData(null, "x-ratelimit-reset-tokens=6m0s")]
    [InlineData(7.0, "x-ratelimit-remaining-tokens=0", "x-ratelimit-reset-tokens=7s", "x-ratelimit-remaining-requests=0", "x-ratelimit-reset-requests=3s")]
    [InlineData(7.0, "x-ratelimit-remaining-tokens=0", "x-ratelimit-reset-tokens=3s", "x-ratelimit-remaining-requests=0", "x-ratelimit-reset-requests=7s")]
    [InlineData(3.0, "x-ratelimit-remaining-tokens=5", "x-ratelimit-reset-tokens=7s", "x-ratelimit-remaining-requests=0", "x-ratelimit-reset-requests=3s")]
    public void The_wait_is_what_the_first_telling_header_says(double? seconds, params string[] headers)
    {
        var answer = new Answer(429, "", [.. headers.Where(one => one.Length > 0).Select(one => (one.Split('=')[0], one[(one.IndexOf('=', StringComparison.Ordinal) + 1)..]))]);
        Assert.Equal(seconds is { } some ? TimeSpan.FromSeconds(some) : null, RetryAfterHeaders.Read(answer.Headers, Now));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(300, 100)]
    [InlineData(301, 101)]
    public void Tokens_are_a_third_of_the_bytes_rounded_up(int bytes, int tokens) => Assert.Equal(tokens, TokenEstimate.OfBytes(bytes));

    private sealed class Answer(int status, string body, params (string Name, string Value)[] headers) : PipelineResponse
    {
        public override int Status => status;

        public override string ReasonPhrase => "";

        public override Stream? ContentStream { get; set; }

        public override BinaryData Content => BinaryData.FromString(body);

        protected override PipelineResponseHeaders HeadersCore { get; } = new Named(headers);

        public override BinaryData BufferContent(CancellationToken cancellationToken = default) => Content;

        public override ValueTask<BinaryData> BufferContentAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(Content);

        public override void Dispose()
        {
        }
    }

    private sealed class Named((string Name, string Value)[] headers) : PipelineResponseHeaders
    {
        public override IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
            headers.Select(header => KeyValuePair.Create(header.Name, header.Value)).GetEnumerator();

        public override bool TryGetValue(string name, out string? value)
        {
            value = headers.FirstOrDefault(header => header.Name == name).Value;
            return value is not null;
        }

        public override bool TryGetValues(string name, out IEnumerable<string>? values)
        {
            values = TryGetValue(name, out var value) ? [value!] : null;
            return values is not null;
        }
    }
}
