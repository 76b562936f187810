using System.Reflection;
using System.Text.RegularExpressions;
using RagFunctions.LocalHost;

namespace RagFunctions.Tests.LocalHost;

/// <summary>The functions compile against Sdk/ here and against the real packages elsewhere: the one must be part of the other.</summary>
public sealed partial class SdkSignatureTests
{
    private static readonly Dictionary<string, (string Head, HashSet<string> Implements, HashSet<string> Members)> Listed = Read();

    private static readonly List<Type> Sdk =
        [.. typeof(LocalFunctionsHost).Assembly.GetExportedTypes().Where(type => type.Namespace!.StartsWith("Microsoft.", StringComparison.Ordinal))];

    [Fact]
    public void Every_public_type_stands_in_the_list_with_its_kind_and_its_base() => Assert.All(Sdk, type =>
    {
        if (IsKnownAsBaseOnly(type))
        {
            Assert.Empty(SignatureText.MembersOf(type));
            return;
        }

        Assert.True(Listed.TryGetValue(NameOf(type), out var listed), $"{NameOf(type)} is not in the list");
        Assert.Equal(listed.Head, SignatureText.HeadOf(type));
        Assert.Subset(listed.Implements, SignatureText.InterfacesOf(type).ToHashSet());
    });

    [Fact]
    public void Every_public_member_stands_in_the_list_with_the_same_signature() =>
        Assert.All(Sdk.Where(type => !IsKnownAsBaseOnly(type)), type =>
            Assert.Empty(SignatureText.MembersOf(type).Except(Listed[NameOf(type)].Members)));

    /// <summary>So that a call binds here as it does there.</summary>
    [Fact]
    public void A_method_has_all_its_overloads_but_those_with_types_that_are_not_here() => Assert.All(Sdk.Where(type => !IsKnownAsBaseOnly(type)), type =>
    {
        var members = SignatureText.MembersOf(type).ToHashSet();
        var names = members.Select(member => Call(member).Name).ToHashSet();
        Assert.Empty(Listed[NameOf(type)].Members
            .Where(listed => Call(listed) is { Name.Length: > 0 } call && names.Contains(call.Name) && call.Types.All(IsHere))
            .Except(members));
    });

    // The list does not say; the worker's own attributes stand where they bind and nowhere else.
    [Fact]
    public void Attributes_stand_on_methods_and_parameters_only() =>
        Assert.All(Sdk.Where(type => typeof(Attribute).IsAssignableFrom(type) && !type.IsAbstract), type =>
        {
            var usage = Assert.Single(type.GetCustomAttributes<AttributeUsageAttribute>(inherit: false));
            Assert.Equal(
                (type.Name == "FunctionAttribute" ? AttributeTargets.Method : AttributeTargets.Parameter, false, true),
                (usage.ValidOn, usage.AllowMultiple, usage.Inherited));
        });

    [Fact]
    public void The_list_is_read_and_the_sdk_is_there()
    {
        Assert.Contains("public abstract Guid NewGuid()", Listed["Microsoft.DurableTask.TaskOrchestrationContext"].Members);
        Assert.True(Sdk.Count > 30);
        Assert.True(Sdk.Sum(type => SignatureText.MembersOf(type).Count()) > 100);
    }

    private static bool IsKnownAsBaseOnly(Type type) =>
        !Listed.ContainsKey(NameOf(type)) && Listed.Values.Any(listed => listed.Head.EndsWith(" : " + type.FullName, StringComparison.Ordinal));

    /// <summary>Name and parameter types of a method; no name for all that is none, constructors among it.</summary>
    private static (string Name, string[] Types) Call(string member)
    {
        var open = member.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || member[..open].Split(' ') is not [_, _, .., var name])
        {
            return ("", []);
        }

        var parameters = member[(open + 1)..member.LastIndexOf(')')].Split(", ", StringSplitOptions.RemoveEmptyEntries);
        return (name, [.. parameters.Select(parameter => parameter.Split(' ').First(word => word is not ("this" or "params")).TrimEnd('?', '[', ']'))]);
    }

    private static bool IsHere(string type) =>
        char.IsLower(type[0]) || type is nameof(CancellationToken) or nameof(TimeSpan) or nameof(DateTime)
        || Sdk.Any(known => known.Name == type);

    private static string NameOf(Type type) =>
        type.Namespace + "." + type.Name.Split('`')[0] + (type.IsGenericType ? $"<{type.GetGenericArguments()[0].Name}>" : "");

    private static Dictionary<string, (string, HashSet<string>, HashSet<string>)> Read()
    {
        using var stream = typeof(SdkSignatureTests).Assembly.GetManifestResourceStream("functions-api.md")!;
        using var reader = new StreamReader(stream);
        return Section().Matches(reader.ReadToEnd()).ToDictionary(section => section.Groups["name"].Value, section =>
        {
            var head = section.Groups["head"].Value.Split("; implements ");
            // What is obsolete there would be a warning there.
            var members = section.Groups["members"].Value.Split('\n').Where(line => !line.Contains("[Obsolete]", StringComparison.Ordinal));
            return (head[0], (head.ElementAtOrDefault(1) ?? "").Split(", ").ToHashSet(), members.Select(line => line.Split("  //")[0].Trim()).ToHashSet());
        });
    }

    [GeneratedRegex(@"^### (?<name>\S+)\n(?<head>.*)\n```csharp\n(?<members>[^`]*)```", RegexOptions.Multiline)]
    private static partial Regex Section();
}
