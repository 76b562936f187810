using System.Reflection;

namespace RagFunctions.Tests.Infra;

/// <summary>Files of the repository that are no code, and the compiler for some of them; both known from the build.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string BicepCompiler { get; } = Metadata("BicepCompiler");

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
