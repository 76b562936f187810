using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

public sealed class BicepBuildTests
{
    public static TheoryData<string> Environments => ["dev", "prod"];

    [Fact]
    public async Task The_template_is_built_and_linted_without_a_warning()
    {
        var main = Repository.PathOf("infra", "bicep", "main.bicep");
        Assert.Equal((0, ""), Silent(await BicepCompiler.RunAsync("build", main, "--stdout")));
        Assert.Equal((0, ""), Silent(await BicepCompiler.RunAsync("lint", main)));
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public async Task The_parameters_of_an_environment_fit_the_template(string environment)
    {
        var file = Repository.PathOf("infra", "bicep", $"{environment}.bicepparam");
        Assert.Equal((0, ""), Silent(await BicepCompiler.RunAsync("build-params", file, "--stdout")));
        Assert.Equal((0, ""), Silent(await BicepCompiler.RunAsync("lint", file)));
    }

    [Fact]
    public async Task Production_stands_by_stays_warm_and_is_private()
    {
        var parameters = await ParametersAsync("prod");
        Assert.True((bool)parameters["databaseHighAvailability"]!["value"]!);
        Assert.True((bool)parameters["privateNetwork"]!["value"]!);
        Assert.True((int)parameters["alwaysReadyInstances"]!["value"]! >= 1);
        Assert.NotEqual("Burstable", (string)parameters["databaseTier"]!["value"]!);
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public async Task No_file_of_parameters_holds_a_secret(string environment)
    {
        var parameters = await ParametersAsync(environment);
        Assert.All(["apiKey", "tokenKey"], secret => Assert.Equal("", (string)parameters[secret]!["value"]!));
    }

    private static (int Code, string Errors) Silent((int Code, string Output, string Errors) run) => (run.Code, run.Errors.Trim());

    private static async Task<JsonNode> ParametersAsync(string environment)
    {
        var (code, output, errors) =
            await BicepCompiler.RunAsync("build-params", Repository.PathOf("infra", "bicep", $"{environment}.bicepparam"), "--stdout");
        Assert.True(code == 0, errors);
        return JsonNode.Parse((string)JsonNode.Parse(output)!["parametersJson"]!)!["parameters"]!;
    }
}
