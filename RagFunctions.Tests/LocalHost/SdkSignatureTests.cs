using System.Text.RegularExpressions;
using RagFunctions.LocalHost;

namespace RagFunctions.Tests.LocalHost;

/// <summary>The functions compile against Sdk/ here and against the real packages elsewhere: the one must be part of the other.</summary>
public sealed partial class SdkSignatureTests
{
    private static readonly Dictionary<string, (string Head, string Implements, HashSet<string> Members)> Listed = Read();

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
        Assert.All(SignatureText.InterfacesOf(type), name => Assert.Contains(name, listed.Implements, StringComparison.Ordinal));
    });

    [Fact]
    public void Every_public_member_stands_in_the_list_with_the_same_signature() =>
        Assert.All(Sdk.Where(type => !IsKnownAsBaseOnly(type)), type =>
            Assert.Empty(SignatureText.MembersOf(type).Except(Listed[NameOf(type)].Members)));

    [Fact]
    public void The_list_is_read_and_the_sdk_is_there()
    {
        Assert.Contains("public abstract Guid NewGuid()", Listed["Microsoft.DurableTask.TaskOrchestrationContext"].Members);
        Assert.True(Sdk.Count > 30);
        Assert.True(Sdk.Sum(type => SignatureText.MembersOf(type).Count()) > 100);
    }

    private static bool IsKnownAsBaseOnly(Type type) =>
        !Listed.ContainsKey(NameOf(type)) && Listed.Values.Any(listed => listed.Head.EndsWith(" : " + type.FullName, StringComparison.Ordinal));

    private static string NameOf(Type type) =>
        type.Namespace + "." + type.Name.Split('`')[0] + (type.IsGenericType ? $"<{type.GetGenericArguments()[0].Name}>" : "");

    private static Dictionary<string, (string, string, HashSet<string>)> Read()
    {
        using var stream = typeof(SdkSignatureTests).Assembly.GetManifestResourceStream("functions-api.md")!;
        using var reader = new StreamReader(stream);
        return Section().Matches(reader.ReadToEnd()).ToDictionary(section => section.Groups["name"].Value, section =>
        {
            var head = section.Groups["head"].Value.Split("; implements ");
            var members = section.Groups["members"].Value.Split('\n').Select(line => line.Split("  //")[0].Trim());
            return (head[0], head.ElementAtOrDefault(1) ?? "", members.ToHashSet());
        });
    }

    [GeneratedRegex(@"^### (?<name>\S+)\n(?<head>.*)\n```csharp\n(?<members>[^`]*)```", RegexOptions.Multiline)]
    private static partial Regex Section();
}
