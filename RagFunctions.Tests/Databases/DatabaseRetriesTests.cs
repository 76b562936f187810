using Npgsql;
using Polly;
using RagFunctions.Core.Databases;

namespace RagFunctions.Tests.Databases;

public sealed class DatabaseRetriesTests
{
    [Theory]
    [InlineData("40P01", true, true)]
    [InlineData("40001", true, true)]
    [InlineData("23505", false, true)]
    [InlineData("23503", false, false)]
    [InlineData("57014", false, false)]
    [InlineData("53300", false, false)]
    public async Task Only_what_a_repetition_can_mend_is_repeated(string state, bool reading, bool writing)
    {
        Assert.Equal(reading, await IsRepeatedAsync(DatabaseRetries.Concurrency, new PostgresException("m", "ERROR", "ERROR", state)));
        Assert.Equal(writing, await IsRepeatedAsync(DatabaseRetries.Writing, new PostgresException("m", "ERROR", "ERROR", state)));
    }

    [Fact]
    public async Task What_is_no_error_of_PostgreSQL_is_thrown_at_once() =>
        Assert.False(await IsRepeatedAsync(DatabaseRetries.Writing, new TimeoutException()));

    [Fact]
    public async Task A_conflict_that_stays_is_thrown_after_six_attempts()
    {
        var attempts = 0;
        await Assert.ThrowsAsync<PostgresException>(async () => await DatabaseRetries.Concurrency.ExecuteAsync(
            _ =>
            {
                attempts++;
                throw new PostgresException("m", "ERROR", "ERROR", "40P01");
            },
            TestContext.Current.CancellationToken));
        Assert.Equal(6, attempts);
    }

    private static async Task<bool> IsRepeatedAsync(ResiliencePipeline retries, Exception failure)
    {
        var attempts = 0;
        try
        {
            await retries.ExecuteAsync(
                _ => ++attempts == 1 ? throw failure : ValueTask.CompletedTask, TestContext.Current.CancellationToken);
        }
        catch (Exception thrown) when (thrown == failure)
        {
            return false;
        }

        return attempts == 2;
    }
}
