using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli;

/// <summary>Says in a line what went wrong, without a stack trace and without a password.</summary>
internal static partial class ErrorReport
{
    private const string Hidden = "***";

    public static void Write(IAnsiConsole errors, Exception exception, IConfiguration? configuration) =>
        errors.MarkupLineInterpolated($"[red]error:[/] {Redact(Describe(exception), configuration)}");

    private static string Describe(Exception exception) => exception switch
    {
        OperationCanceledException => "cancelled",
        CliException or MigrationException or CabinetException or RoleGrantException => exception.Message,
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
            if (connection.Value is { Length: > 0 } value && new NpgsqlConnectionStringBuilder(value).Password is { Length: > 0 } password)
            {
                text = text.Replace(password, Hidden, StringComparison.Ordinal);
            }
        }

        return text;
    }
}
