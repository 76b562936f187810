using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev;

/// <summary>The real process: what the host would log beside the command's own message is seen only there.</summary>
public sealed class ServeSettingsTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Theory]
    [InlineData("Api__Keys__0__Key", "short", "Api:Keys:0:Key must have at least 16 characters.")]
    [InlineData("Runs__ApplyWindow", "0", "Runs:ApplyWindow must be ")]
    [InlineData("Embeddings__Provider", "nonsense", "'nonsense' at 'Embeddings:Provider'")]
    [InlineData("SweepSchedule", "nonsense", "SweepSchedule: 'nonsense' is no schedule")]
    public async Task A_wrong_setting_is_named_without_stack_trace_with_exit_code_1(string name, string value, string message)
    {
        var ended = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServeProcess.StartAsync(fixture.ConnectionString, new Uri("http://127.0.0.1:1/"), (name, value)));
        Assert.StartsWith("rag-dev serve ended with 1:", ended.Message, StringComparison.Ordinal);

        // The console breaks long lines.
        var said = string.Join(' ', ended.Message.Split('\n')[1..]);
        Assert.Contains("error: ", said, StringComparison.Ordinal);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", said, StringComparison.Ordinal);
    }
}
