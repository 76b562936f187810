using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Api;
using RagFunctions.Tests.Runs;

namespace RagFunctions.Tests.Api;

public sealed class KeyRefusalsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingLog _log = new();
    private readonly LoggerFactory _loggers = new();
    private readonly KeyRefusals _refusals;

    public KeyRefusalsTests()
    {
        _loggers.AddProvider(_log);
        _refusals = new KeyRefusals(_clock, _loggers.CreateLogger<KeyRefusals>());
    }

    public void Dispose() => _loggers.Dispose();

    [Fact]
    [Trait("Fault", "16")]
    [Trait("Guarantee", "keys")]
    public async Task Whoever_tries_keys_waits_longer_for_each_answer()
    {
        for (var i = 0; i < KeyRefusals.AtOnce; i++)
        {
            Assert.True(_refusals.HoldAsync(From("10.0.0.1")).IsCompletedSuccessfully);
        }

        foreach (var milliseconds in (int[])[100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
        {
            var held = _refusals.HoldAsync(From("10.0.0.1"));
            _clock.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
            Assert.False(held.IsCompleted);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await held.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        Assert.True(_refusals.HoldAsync(From("10.0.0.2")).IsCompletedSuccessfully);
        _clock.Advance(KeyRefusals.Forgotten);
        Assert.True(_refusals.HoldAsync(From("10.0.0.1")).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_caller_is_who_the_front_end_was_called_by()
    {
        for (var i = 0; i <= KeyRefusals.AtOnce; i++)
        {
            Assert.Equal(i < KeyRefusals.AtOnce, _refusals.HoldAsync(From("10.0.0.1", $"1.1.1.{i}, 2.2.2.2:55")).IsCompleted);
        }
    }

    [Fact]
    public void Only_so_many_answers_wait_at_once()
    {
        var held = Enumerable.Range(0, 200).Select(_ => _refusals.HoldAsync(From("10.0.0.1"))).ToList();
        Assert.Equal(100, held.Count(task => !task.IsCompleted));
    }

    [Fact]
    [Trait("Fault", "16")]
    public void Wrong_keys_are_told_once_a_minute_with_their_number()
    {
        for (var i = 0; i < 4; i++)
        {
            _ = _refusals.HoldAsync(From("10.0.0.1"));
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        _ = _refusals.HoldAsync(From("10.0.0.3"));
        Assert.Equal(
            ["1 calls with a wrong key, the last one from 10.0.0.1", "4 calls with a wrong key, the last one from 10.0.0.3"],
            _log.Lines);
    }

    private static DefaultHttpContext From(string address, string? forwarded = null)
    {
        var http = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
        if (forwarded is not null)
        {
            http.Request.Headers["X-Forwarded-For"] = forwarded;
        }

        return http;
    }
}
