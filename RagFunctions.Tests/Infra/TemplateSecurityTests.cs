using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

[Trait("Guarantee", "secrets")]
public sealed class TemplateSecurityTests
{
    // Built-in roles by their ids, which are the same in every tenant.
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"] = "Cognitive Services OpenAI User",
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["0ad04412-c4d5-4796-b79c-f76d14c8d402"] = "Durable Task Data Contributor",
    };

    [Theory]
    [Trait("Guarantee", "secrets")]
    [InlineData("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", "false")]
    [InlineData("Microsoft.DBforPostgreSQL/flexibleServers", "authConfig.passwordAuth", "\"Disabled\"")]
    [InlineData("Microsoft.DBforPostgreSQL/flexibleServers", "authConfig.activeDirectoryAuth", "\"Enabled\"")]
    [InlineData("Microsoft.CognitiveServices/accounts", "disableLocalAuth", "true")]
    [InlineData("Microsoft.Insights/components", "DisableLocalAuth", "true")]
    [InlineData("Microsoft.OperationalInsights/workspaces", "features.disableLocalAuth", "true")]
    [InlineData("Microsoft.KeyVault/vaults", "enableRbacAuthorization", "true")]
    public async Task Nothing_is_opened_with_a_key_or_a_password(string type, string property, string expected) =>
        Assert.Equal(expected, (await BicepCompiler.TemplateAsync()).Single(type)[property]?.ToJsonString());

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task The_app_is_not_published_with_a_password()
    {
        var policies = (await BicepCompiler.TemplateAsync()).Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToList();
        Assert.Equal(2, policies.Count);
        Assert.All(policies, policy => Assert.False((bool)policy["allow"]!));
    }

    [Theory]
    [Trait("Guarantee", "secrets")]
    [InlineData("listKeys")]
    [InlineData("listAccountSas")]
    [InlineData("listServiceSas")]
    [InlineData("AccountKey=")]
    [InlineData("Password=")]
    [InlineData("SharedAccess")]
    [InlineData("administratorLoginPassword")]
    public async Task No_key_is_read_or_written_anywhere(string trace) =>
        Assert.DoesNotContain(trace, (await BicepCompiler.TemplateAsync()).Json.ToJsonString(), StringComparison.OrdinalIgnoreCase);

    [Theory]
    [Trait("Guarantee", "secrets")]
    [InlineData("Microsoft.Storage/storageAccounts", "minimumTlsVersion", "\"TLS1_2\"")]
    [InlineData("Microsoft.Storage/storageAccounts", "supportsHttpsTrafficOnly", "true")]
    [InlineData("Microsoft.Web/sites", "httpsOnly", "true")]
    [InlineData("Microsoft.Web/sites", "siteConfig.minTlsVersion", "\"1.2\"")]
    [InlineData("Microsoft.Web/sites", "siteConfig.scmMinTlsVersion", "\"1.2\"")]
    [InlineData("Microsoft.Web/sites", "siteConfig.ftpsState", "\"Disabled\"")]
    public async Task Every_way_in_is_encrypted_with_TLS_1_2_or_later(string type, string property, string expected) =>
        Assert.Equal(expected, (await BicepCompiler.TemplateAsync()).Single(type)[property]?.ToJsonString());

    [Theory]
    [Trait("Guarantee", "secrets")]
    [InlineData("azure.extensions", "VECTOR")]
    [InlineData("ssl_min_protocol_version", "TLSv1.2")]
    [InlineData("require_secure_transport", "on")]
    public async Task The_database_server_is_set_to(string setting, string value)
    {
        var settings = (await BicepCompiler.TemplateAsync()).Of("Microsoft.DBforPostgreSQL/flexibleServers/configurations");
        var found = Assert.Single(settings, resource => resource.Name.Contains($"'{setting}'", StringComparison.Ordinal));
        Assert.Equal(value, (string)found["value"]!);
        Assert.Equal("user-override", (string)found["source"]!);
    }

    [Fact]
    public async Task The_database_server_is_changed_by_one_step_at_a_time()
    {
        var postgres = (await BicepCompiler.TemplateAsync()).Module("postgres")["resources"]!;
        (string Step, string After)[] chain =
            [("admin", "server"), ("extensions", "admin"), ("tls", "extensions"), ("encryption", "tls"), ("database", "encryption"), ("azureServices", "database")];
        Assert.All(chain, link => Assert.Contains(link.After, postgres[link.Step]!["dependsOn"]!.AsArray().Select(name => (string)name!)));
        Assert.Equal(("serial", 1), ((string)postgres["database"]!["copy"]!["mode"]!, (int)postgres["database"]!["copy"]!["batchSize"]!));
        Assert.Equal("17", (string)postgres["server"]!["properties"]!["version"]!);
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task No_blob_is_public()
    {
        var template = await BicepCompiler.TemplateAsync();
        Assert.False((bool)template.Single("Microsoft.Storage/storageAccounts")["allowBlobPublicAccess"]!);
        Assert.All(
            template.Of("Microsoft.Storage/storageAccounts/blobServices/containers"),
            container => Assert.Equal("None", (string)container["publicAccess"]!));
    }

    [Theory]
    [Trait("Guarantee", "secrets")]
    [InlineData("Microsoft.Storage/storageAccounts", "publicNetworkAccess")]
    [InlineData("Microsoft.DBforPostgreSQL/flexibleServers", "network.publicNetworkAccess")]
    [InlineData("Microsoft.CognitiveServices/accounts", "publicNetworkAccess")]
    [InlineData("Microsoft.KeyVault/vaults", "publicNetworkAccess")]
    public async Task A_private_network_closes_the_public_way(string type, string property) => Assert.Equal(
        "[if(variables('isPrivate'), 'Disabled', 'Enabled')]", (string?)(await BicepCompiler.TemplateAsync()).Single(type)[property]);

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task A_private_network_has_an_endpoint_and_a_name_for_each_service()
    {
        var template = await BicepCompiler.TemplateAsync();
        Assert.Equal(
            ["openAi", "postgres", "storage", "vault"],
            template.Of("Microsoft.Network/privateEndpoints").Select(endpoint => endpoint.Module).Order());
        Assert.Equal(
            ["account", "blob", "postgresqlServer", "queue", "table", "vault"],
            template.Module("network")["variables"]!["zones"]!.AsObject().Select(zone => zone.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task Every_role_is_given_on_one_resource_and_none_beyond_these()
    {
        var template = await BicepCompiler.TemplateAsync();
        var given = template.Of("Microsoft.Authorization/roleAssignments").ToList();
        Assert.All(given, assignment => Assert.StartsWith("[resourceId(", (string?)assignment.Json["scope"], StringComparison.Ordinal));

        var byScope = given
            .Select(assignment => (Scope: ((string)assignment.Json["scope"]!).Split('\'')[1], Roles: RolesOf(template, assignment)))
            .OrderBy(pair => pair.Scope, StringComparer.Ordinal);
        Assert.Equal(
            [
                ("Microsoft.CognitiveServices/accounts", "Cognitive Services OpenAI User"),
                ("Microsoft.Insights/components", "Monitoring Metrics Publisher"),
                ("Microsoft.KeyVault/vaults", "Key Vault Secrets User"),
                ("Microsoft.Storage/storageAccounts", "Storage Blob Data Owner, Storage Queue Data Contributor, Storage Table Data Contributor"),
            ],
            byScope);
    }

    [Theory]
    [InlineData("postgres", "PostgreSQLLogs")]
    [InlineData("vault", "AuditEvent")]
    public async Task Databases_and_vault_are_locked_and_tell_who_used_them(string module, string log)
    {
        var template = await BicepCompiler.TemplateAsync();
        var locks = Assert.Single(template.Of("Microsoft.Authorization/locks"), one => one.Module == module);
        Assert.Equal("CanNotDelete", (string?)locks["level"]);
        var settings = Assert.Single(template.Of("Microsoft.Insights/diagnosticSettings"), one => one.Module == module);
        Assert.Equal((log, true), ((string?)settings["logs"]![0]!["category"], (bool)settings["logs"]![0]!["enabled"]!));
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task Secrets_are_secure_in_every_template_and_stored_once()
    {
        var template = await BicepCompiler.TemplateAsync();
        var parameters = template.Modules().Append(("", template.Json)).SelectMany(module =>
            module.Item2["parameters"]?.AsObject().Select(parameter => (Module: module.Item1, parameter.Key, Type: (string)parameter.Value!["type"]!)) ?? []);
        Assert.Equal(
            [("", "apiKey"), ("", "tokenKey"), ("/vault", "apiKey"), ("/vault", "tokenKey")],
            parameters.Where(parameter => parameter.Type == "securestring").Select(parameter => (parameter.Module, parameter.Key)).Order());
        var secrets = template.Of("Microsoft.KeyVault/vaults/secrets").ToList();
        Assert.Equal(2, secrets.Count);
        Assert.All(secrets, secret => Assert.NotNull(secret.Json["@options"]?["onlyIfNotExists"]));
    }

    [Fact]
    public async Task The_model_of_the_embeddings_is_never_changed_by_the_provider() => Assert.Equal(
        "NoAutoUpgrade", (string?)(await BicepCompiler.TemplateAsync()).Single("Microsoft.CognitiveServices/accounts/deployments")["versionUpgradeOption"]);

    // The ids stand in the variables of the module: one by itself, or an object that the assignment runs through.
    private static string RolesOf(CompiledTemplate template, TemplateResource assignment)
    {
        var definition = (string)assignment["roleDefinitionId"]!;
        Assert.StartsWith("[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', ", definition, StringComparison.Ordinal);
        var variable = template.Module(assignment.Module)["variables"]![definition.Split("variables('")[1].Split('\'')[0]]!;
        var ids = variable is JsonObject several ? several.Select(entry => (string)entry.Value!) : [(string)variable!];
        return string.Join(", ", ids.Select(id => Roles[id]));
    }
}
