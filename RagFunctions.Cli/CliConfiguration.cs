using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace RagFunctions.Cli;

/// <summary>
/// Configuration as the Functions host reads it: the <c>Values</c> and <c>ConnectionStrings</c> of a local settings file, and
/// above them the environment, where <c>__</c> stands for <c>:</c>.
/// </summary>
internal static class CliConfiguration
{
    /// <summary>The file read when none is named.</summary>
    public const string DefaultFile = "local.settings.json";

    private static readonly string[] Databases = ["Main", "Rag"];

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <exception cref="CliException">The file is not a settings file, or a connection string is none.</exception>
    public static IConfigurationRoot Load(FileInfo? settings, CliEnvironment environment)
    {
        var file = settings ?? new FileInfo(Path.Combine(environment.WorkingDirectory, DefaultFile));
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(file.Exists ? ReadFile(file) : [])
            .AddInMemoryCollection(environment.Variables.Select(variable => KeyValuePair.Create(Key(variable.Key), variable.Value)))
            .Build();
        foreach (var name in Databases)
        {
            CheckConnectionString(configuration, name);
        }

        return configuration;
    }

    private static string Key(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);

    private static Dictionary<string, string?> ReadFile(FileInfo file)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        try
        {
            using var stream = file.OpenRead();
            using var document = JsonDocument.Parse(stream, Lenient);
            Add(document.RootElement, "Values", "", values);
            Add(document.RootElement, "ConnectionStrings", "ConnectionStrings:", values);
            return values;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CliException($"{file.FullName} is not a settings file: {exception.Message}");
        }
    }

    private static void Add(JsonElement root, string section, string prefix, Dictionary<string, string?> values)
    {
        if (!root.TryGetProperty(section, out var entries))
        {
            return;
        }

        foreach (var entry in entries.EnumerateObject())
        {
            values[prefix + Key(entry.Name)] = entry.Value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => entry.Value.GetString(),
                _ => entry.Value.GetRawText(),
            };
        }
    }

    // Npgsql's own message names what it could not read, and with a badly quoted password that is a part of the password.
    private static void CheckConnectionString(IConfiguration configuration, string name)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString(name));
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new CliException($"ConnectionStrings:{name} is not an Npgsql connection string (Host=…;Database=…;Username=…).");
        }
    }
}
