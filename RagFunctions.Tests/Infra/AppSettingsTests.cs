using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Api;
using RagFunctions.Core;
using RagFunctions.Core.Telemetry;
using RagFunctions.Dev.LocalHost;

namespace RagFunctions.Tests.Infra;

/// <summary>Every setting that the app reads and a deployment must give is in the template, and no other.</summary>
public sealed partial class AppSettingsTests
{
    // Read by the platform, not by the app.
    private static readonly string[] Platform =
    [
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "AZURE_CLIENT_ID",
        "AzureWebJobsStorage__blobServiceUri",
        "AzureWebJobsStorage__clientId",
        "AzureWebJobsStorage__credential",
        "AzureWebJobsStorage__queueServiceUri",
        "AzureWebJobsStorage__tableServiceUri",
    ];

    [Fact]
    public async Task Every_setting_is_read_by_platform_trigger_or_options()
    {
        var settings = await AppSettings.ReadAsync();
        var known = Platform.Concat(NamedByPercentSigns()).ToHashSet();
        Assert.All(settings.Keys.Where(key => !known.Contains(key)), key => Assert.True(IsOption(key), $"no options class has {key}"));
    }

    [Fact]
    public async Task Everything_the_platform_and_the_triggers_read_is_set()
    {
        var settings = await AppSettings.ReadAsync();
        Assert.Empty(Platform.Concat(NamedByPercentSigns()).Except(settings.Keys));
        Assert.Contains("SweepSchedule", NamedByPercentSigns());
        Assert.Contains("TaskHubName", NamedByPercentSigns());
    }

    [Fact]
    public async Task The_app_starts_with_them()
    {
        var services = await ServicesAsync(without: null);
        await using (services)
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
    }

    [Theory]
    [InlineData("ConnectionStrings__Main")]
    [InlineData("ConnectionStrings__Rag")]
    [InlineData("Embeddings__Endpoint")]
    [InlineData("Embeddings__Deployment")]
    public async Task The_app_does_not_start_without(string setting)
    {
        var services = await ServicesAsync(setting);
        await using (services)
        {
            var refusal = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);
            Assert.Contains(setting.Replace("__", ":", StringComparison.Ordinal), refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ConnectionStrings__Main", "mainHost", "mainDatabase")]
    [InlineData("ConnectionStrings__Rag", "ragHost", "rag")]
    public async Task Databases_are_reached_as_the_identity_over_verified_connections(string setting, string host, string database)
    {
        var connection = new NpgsqlConnectionStringBuilder((await AppSettings.ReadAsync())[setting].Value);
        Assert.Equal((host, database), (connection.Host, connection.Database));
        Assert.Equal(("identityName", null), (connection.Username, connection.Password));
        Assert.Equal(SslMode.VerifyFull, connection.SslMode);
    }

    [Fact]
    public async Task The_storage_of_the_host_is_reached_as_the_identity()
    {
        var settings = await AppSettings.ReadAsync();
        Assert.DoesNotContain("AzureWebJobsStorage", settings.Keys);
        Assert.Equal("managedidentity", settings["AzureWebJobsStorage__credential"].Value);
        Assert.All(["blob", "queue", "table"], service => Assert.Equal(
            $"https://storageName.{service}.core.windows.net/", settings[$"AzureWebJobsStorage__{service}ServiceUri"].Value));
        Assert.Equal("ClientId=identityClientId;Authorization=AAD", settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"].Value);
    }

    [Fact]
    public async Task Telemetry_goes_to_Azure_Monitor() =>
        Assert.Equal(TelemetryExporter.AzureMonitor, Enum.Parse<TelemetryExporter>((await AppSettings.ReadAsync())["Telemetry__Exporter"].Value, ignoreCase: true));

    [Fact]
    public async Task A_secret_setting_is_a_reference_to_the_vault()
    {
        var secrets = (await AppSettings.ReadAsync()).Where(setting => SecretName().IsMatch(setting.Key)).ToList();
        Assert.Equal(["Api__Keys__0__Key", "Marketplace__TokenKey"], secrets.Select(setting => setting.Key).Order());
        Assert.All(secrets, setting => Assert.Matches(@"^@Microsoft\.KeyVault\(SecretUri=\w+\)$", setting.Value.Value));
    }

    [Fact]
    public async Task A_deployment_keeps_what_an_operator_set_beside_it()
    {
        var template = await BicepCompiler.TemplateAsync();
        Assert.Equal(
            "[union(variables('kept'), variables('settings'), variables('furtherKeys'))]",
            (string)template.Single("Microsoft.Web/sites/config").Json["properties"]!);
        Assert.Equal("secureObject", (string)template.Json["parameters"]!["keptSettings"]!["type"]!);
        Assert.Contains("not(startsWith(lambdaVariables('setting').name, 'Api__Keys__'))", (string)template.Module("app")["variables"]!["kept"]!, StringComparison.Ordinal);
    }

    private static async Task<ServiceProvider> ServicesAsync(string? without)
    {
        var settings = await AppSettings.ReadAsync();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Where(setting => setting.Key != without).Select(setting => KeyValuePair.Create(
                setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)Resolved(setting.Value.Value))))
            // Azure Monitor's exporter would look for its service as soon as it is made.
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Telemetry:Exporter"] = "none" })
            .Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddRagCore(configuration);
        services.AddOptions<ApiKeysOptions>().BindConfiguration(ApiKeysOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.BuildServiceProvider();
    }

    // The platform puts the secret in place of the reference.
    private static string Resolved(string value) =>
        value.StartsWith("@Microsoft.KeyVault", StringComparison.Ordinal) ? Convert.ToBase64String(new byte[32]) : value;

    private static IEnumerable<string> NamedByPercentSigns()
    {
        var schedules = typeof(RagFunctionsApplication).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters())
            .Select(parameter => parameter.GetCustomAttribute<TimerTriggerAttribute>()?.Schedule ?? "");
        return schedules.Append(File.ReadAllText(Repository.PathOf("host.json")))
            .SelectMany(text => InPercentSigns().Matches(text).Select(match => match.Groups[1].Value))
            .Distinct();
    }

    internal static bool IsOption(string setting)
    {
        var path = setting.Split("__");
        return OptionsClasses().Any(type => (string)type.GetField("Section")!.GetRawConstantValue()! == path[0] && Has(type, path.AsSpan(1)));
    }

    // Those of the local host are not deployed.
    private static IEnumerable<Type> OptionsClasses() =>
        new[] { typeof(RagCoreServices).Assembly, typeof(RagFunctionsApplication).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.GetField("Section") is not null
                && type != typeof(LocalHostOptions));

    private static bool Has(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return true;
        }

        if (type.GetProperty(path[0]) is not { } property)
        {
            return false;
        }

        return property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable))
            ? path.Length > 1 && Has(property.PropertyType.GetGenericArguments()[^1], path[2..])
            : property.CanWrite && path.Length == 1;
    }

    [GeneratedRegex("%([A-Za-z]+)%")]
    private static partial Regex InPercentSigns();

    [GeneratedRegex("(Key|Secret|Password|Token)$")]
    private static partial Regex SecretName();
}
