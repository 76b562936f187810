using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace RagFunctions.Tests.Infra;

/// <summary>Azure Storage or Durable Task Scheduler: template, host settings and package go together.</summary>
public sealed class DurableBackendTests
{
    private const string ChosenScheduler = "'$(DurableBackend)' == 'DurableTaskScheduler'";

    [Fact]
    public void The_two_host_files_differ_in_the_storage_provider_alone()
    {
        var (storage, scheduler) = (HostFiles.Storage, HostFiles.Scheduler);
        var providers = new[] { storage, scheduler }.Select(file =>
        {
            var durable = file["extensions"]!["durableTask"]!.AsObject();
            var provider = durable["storageProvider"]!.DeepClone();
            durable.Remove("storageProvider");
            return provider;
        }).ToList();
        Assert.True(JsonNode.DeepEquals(storage, scheduler));
        Assert.Equal("AzureStorage", (string)providers[0]["type"]!);
        // Longer than this Flex Consumption does not look at the queues of an idle app.
        Assert.True(TimeSpan.Parse((string)providers[0]["maxQueuePollingInterval"]!, System.Globalization.CultureInfo.InvariantCulture) <= TimeSpan.FromSeconds(10));
        Assert.Equal("azureManaged", (string)providers[1]["type"]!);
    }

    [Fact]
    public void Orchestrations_carry_a_version_and_those_that_a_worker_cannot_know_fail_for_the_sweep_to_start_again()
    {
        var durable = HostFiles.Storage["extensions"]!["durableTask"]!;
        Assert.True(Version.TryParse((string)durable["defaultVersion"]!, out _));
        Assert.Equal(("CurrentOrOlder", "Fail"), ((string)durable["versionMatchStrategy"]!, (string)durable["versionFailureStrategy"]!));
    }

    [Fact]
    public void Nothing_of_inputs_and_outputs_is_traced_by_the_host()
    {
        var tracing = HostFiles.Storage["extensions"]!["durableTask"]!["tracing"]!;
        Assert.False((bool)tracing["traceInputsAndOutputs"]!);
    }

    [Fact]
    public void One_property_of_the_build_chooses_package_and_host_file()
    {
        var project = XDocument.Load(Repository.PathOf("RagFunctions", "RagFunctions.csproj"));
        var package = project.Descendants("PackageReference").Single(one => ((string)one.Attribute("Include")!).EndsWith(".AzureManaged", StringComparison.Ordinal));
        Assert.Equal(ChosenScheduler, (string)package.Attribute("Condition")!);
        Assert.Equal(
            [("../host.json", null), ("../host.DurableTaskScheduler.json", ChosenScheduler)],
            project.Descendants("HostSettings").Select(one => (one.Value, (string?)one.Attribute("Condition"))));
        var host = project.Descendants("None").Single(one => (string?)one.Attribute("Link") == "host.json");
        Assert.Equal(("$(HostSettings)", "PreserveNewest"), ((string)host.Attribute("Include")!, (string)host.Attribute("CopyToPublishDirectory")!));
        var versions = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion").Select(one => (string)one.Attribute("Include")!);
        Assert.Contains((string)package.Attribute("Include")!, versions);
    }

    [Fact]
    public async Task The_scheduler_is_made_only_when_chosen_with_a_hub_that_the_identity_may_use()
    {
        var template = await BicepCompiler.TemplateAsync();
        Assert.Equal("AzureStorage", (string)template.Json["parameters"]!["durableBackend"]!["defaultValue"]!);
        Assert.Equal("[equals(parameters('durableBackend'), 'DurableTaskScheduler')]", (string)template.Json["resources"]!["scheduler"]!["condition"]!);
        Assert.Equal("Consumption", (string)template.Single("Microsoft.DurableTask/schedulers")["sku.name"]!);
        var hub = template.Single("Microsoft.DurableTask/schedulers/taskHubs");
        Assert.EndsWith("'rag')]", hub.Name, StringComparison.Ordinal);
        var role = template.Of("Microsoft.Authorization/roleAssignments").Single(one => one.Module == "scheduler");
        Assert.StartsWith("[resourceId('Microsoft.DurableTask/schedulers/taskHubs'", (string)role.Json["scope"]!, StringComparison.Ordinal);
    }
}
