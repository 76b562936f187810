using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Moq;
using RagFunctions.Api;
using RagFunctions.Tests.Runs;

namespace RagFunctions.Tests.Api;

/// <summary>The gate without a server around it: a clock of its own, a log that is read.</summary>
public sealed class GateAloneTests : IDisposable
{
    private const string Key = "the-key-of-an-operator";

    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingLog _log = new();
    private readonly LoggerFactory _loggers = new();
    private readonly ApiGate _gate;

    public GateAloneTests()
    {
        _loggers.AddProvider(_log);
        var keys = new ApiKeysOptions { Keys = { new ApiKeyOptions { Key = Key } } };
        _gate = new ApiGate(
            new ApiKeyRing(Microsoft.Extensions.Options.Options.Create(keys)),
            new KeyRefusals(_clock, NullLogger<KeyRefusals>.Instance),
            _loggers.CreateLogger<ApiGate>());
    }

    public void Dispose() => _loggers.Dispose();

    [Fact]
    [Trait("Fault", "16")]
    [Trait("Guarantee", "keys")]
    public async Task Whoever_goes_on_with_wrong_keys_is_answered_later()
    {
        for (var i = 0; i < KeyRefusals.AtOnce; i++)
        {
            Assert.Equal(403, await CallAsync("wrong"));
        }

        var held = CallAsync("wrong");
        Assert.False(held.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(403, await held);
        Assert.Equal(200, await CallAsync(Key));
    }

    [Theory]
    [Trait("Fault", "15")]
    [Trait("Guarantee", "told")]
    [InlineData(408)]
    [InlineData(413)]
    public async Task A_body_that_cannot_be_read_is_no_failure_in_the_log(int status)
    {
        Assert.Equal(status, await CallAsync(Key, _ => throw new BadHttpRequestException("unread", status)));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task What_breaks_in_a_function_is_a_failure_in_the_log()
    {
        Assert.Equal(500, await CallAsync(Key, _ => throw new InvalidOperationException("broken")));
        Assert.Equal(["PostIndex failed"], _log.Lines);
    }

    private async Task<int> CallAsync(string key, FunctionExecutionDelegate? next = null)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers[ApiGate.KeyHeader] = key;
        var function = new Mock<FunctionDefinition>();
        function.Setup(one => one.Name).Returns("PostIndex");
        var context = new Mock<FunctionContext>();
        context.Setup(one => one.FunctionDefinition).Returns(function.Object);
        context.Setup(one => one.Items).Returns(new Dictionary<object, object> { ["HttpRequestContext"] = http });
        await _gate.Invoke(context.Object, next ?? (_ => Task.CompletedTask));
        return http.Response.StatusCode;
    }
}
