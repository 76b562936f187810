using System.Diagnostics;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Waiting for something to become so; never for a time.</summary>
internal static class Condition
{
    // No measure of speed: how long a test waits before it says that something hangs.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task BecomesTrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < (limit ?? Limit), $"never came to be: {what}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public static Task BecomesTrueAsync(Func<bool> condition, string what) => BecomesTrueAsync(() => Task.FromResult(condition()), what);
}
