using System.Reflection;
using RagFunctions.Index;

namespace RagFunctions.Tests.LocalHost;

/// <summary>
/// Here the functions stand in one assembly with the local host and could reach what is internal to it; against the real packages
/// that would not compile. What they use is read from their instructions and attributes.
/// </summary>
public sealed class SdkUseTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly App = typeof(IndexCabinet).Assembly;

    [Fact]
    public void The_functions_use_public_members_of_the_sdk_and_nothing_else_of_the_local_host()
    {
        var used = App.GetTypes().Where(IsOfTheApp).SelectMany(UsedBy)
            .Where(member => member.Module.Assembly == App && IsOfTheHost(member.DeclaringType!))
            .DistinctBy(member => member.MetadataToken)
            .ToList();
        foreach (var line in used.Select(member => $"{member.DeclaringType!.FullName}: {member}").Order(StringComparer.Ordinal))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
        }

        Assert.Contains(used, member => member.Name == "CreateHttpManagementPayload");
        Assert.Contains(used, member => member.Name == ".ctor" && member.DeclaringType!.Name == "HttpTriggerAttribute");
        Assert.All(used, member =>
        {
            Assert.StartsWith("Microsoft.", member.DeclaringType!.Namespace, StringComparison.Ordinal);
            Assert.True(member.DeclaringType.IsVisible && IsPublic(member), $"{member.DeclaringType.FullName}.{member.Name} is not public");
        });
    }

    // The compiler copies a constant to where it is used: nothing would tell whose it was.
    [Fact]
    public void The_sdk_has_no_internal_constants() => Assert.DoesNotContain(
        App.GetTypes().Where(type => type.IsVisible && !type.IsEnum && IsOfTheHost(type)).SelectMany(type => type.GetFields(Declared)),
        field => field.IsLiteral && field.IsAssembly);

    private static bool IsOfTheApp(Type type) =>
        type.Namespace is { } name && name.Split('.') is ["RagFunctions", .. var rest] && rest is not ["LocalHost", ..];

    /// <summary>What compilers and their generators add has other namespaces or none.</summary>
    private static bool IsOfTheHost(Type type) => type.Namespace?.Split('.') is ["Microsoft", ..] or ["RagFunctions", "LocalHost", ..];

    private static bool IsPublic(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily,
        FieldInfo field => field.IsPublic,
        _ => true,
    };

    private static IEnumerable<MemberInfo> UsedBy(Type type)
    {
        var methods = type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared)).ToList();
        return methods.SelectMany(Instructions.MembersOf)
            .Concat(methods.SelectMany(method => method.GetParameters().SelectMany(Attributed)))
            .Concat(methods.SelectMany(Attributed));

        static IEnumerable<MemberInfo> Attributed(ICustomAttributeProvider provider) =>
            (provider is ParameterInfo parameter ? parameter.CustomAttributes : ((MemberInfo)provider).CustomAttributes)
            .SelectMany(attribute => attribute.NamedArguments.Select(argument => argument.MemberInfo).Prepend(attribute.Constructor));
    }
}
