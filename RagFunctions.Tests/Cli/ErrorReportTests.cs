namespace RagFunctions.Tests.Cli;

public sealed class ErrorReportTests
{
    // Nothing listens there.
    private const string Nowhere = "Host=127.0.0.1;Port=1;Database=d;Username=u;Password=";

    [Theory]
    [Trait("Fault", "18")]
    [Trait("Guarantee", "secrets")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b;EndpointSuffix=core.windows.net")]
    [InlineData("no connection string at all")]
    [InlineData("Host=h;Port=many")]
    public async Task Another_entry_among_the_connection_strings_does_not_hide_the_error(string other)
    {
        var run = await RunAsync("word", ("ConnectionStrings__Storage", other));
        Assert.Equal(1, run.Code);
        Assert.Contains("the database does not answer", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "18")]
    [Trait("Guarantee", "secrets")]
    public async Task A_short_password_takes_no_letters_out_of_words()
    {
        var run = await RunAsync("e");
        Assert.Contains("the database does not answer", run.Errors, StringComparison.Ordinal);
    }

    private static Task<CliRun> RunAsync(string password, params (string Name, string Value)[] more)
    {
        var variables = more.ToDictionary(pair => pair.Name, pair => (string?)pair.Value);
        (variables["ConnectionStrings__Main"], variables["ConnectionStrings__Rag"]) = (Nowhere + password, Nowhere + password);
        return CliRun.OfAsync(variables, "migrate", "main");
    }
}
