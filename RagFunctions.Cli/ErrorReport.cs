using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli;

/// <summary>Says in a line what went wrong, without a stack trace and without a password.</summary>
internal static partial class ErrorReport
{
    private const string Hidden = "***";

    private const int ShortestPhrase = 6;

    public static void Write(IAnsiConsole errors, Exception exception, IConfiguration? configuration) =>
        errors.MarkupLineInterpolated($"[red]error:[/] {Redact(Describe(exception), configuration)}");

    private static string Describe(Exception exception) => exception switch
    {
        OperationCanceledException => "cancelled",
        CliException or MigrationException or CabinetException or RoleGrantException or ModelSwitchException => exception.Message,
        OptionsValidationException validation => string.Join(Environment.NewLine, validation.Failures.Select(WithoutFrame)),
        PostgresException postgres => $"the database says: {postgres.MessageText} ({postgres.SqlState})",
        NpgsqlException npgsql => $"the database does not answer: {npgsql.GetBaseException().Message}",
        _ => $"{exception.Message} ({exception.GetType().Name})",
    };

    // Our messages name the setting; around them stands the name of a class and of its property, which no settings file has.
    private static string WithoutFrame(string failure) => AnnotationFrame().Replace(failure, "$1");

    [GeneratedRegex(@"\ADataAnnotation validation failed for '.*?' members: '.*?' with the error: '(.*)'\.\z", RegexOptions.Singleline)]
    private static partial Regex AnnotationFrame();

    private static string Redact(string text, IConfiguration? configuration)
    {
        foreach (var connection in configuration?.GetSection("ConnectionStrings").GetChildren() ?? [])
        {
            if (PasswordOf(connection.Value) is { } password)
            {
                // A short one is part of many words: there it is hidden where it stands by itself.
                text = password.Length >= ShortestPhrase
                    ? text.Replace(password, Hidden, StringComparison.Ordinal)
                    : Regex.Replace(text, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(password)}(?![\p{{L}}\p{{N}}])", Hidden, RegexOptions.None, TimeSpan.FromSeconds(1));
            }
        }

        return text;
    }

    // The section may hold what is no connection string of a database: storage, or another program's.
    private static string? PasswordOf(string? connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection).Password is { Length: > 0 } password ? password : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or NotSupportedException)
        {
            return null;
        }
    }
}
