using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>What both databases have in common.</summary>
public sealed class DatabasesOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Databases";

    /// <summary><c>password</c> or <c>entra</c>.</summary>
    public DatabaseAuthentication Authentication { get; set; }
}

/// <summary>How the app signs in to PostgreSQL.</summary>
public enum DatabaseAuthentication
{
    /// <summary>As the connection string says.</summary>
    Password = 0,

    /// <summary>With a token of Microsoft Entra in place of the password, wherever the connection string has none.</summary>
    Entra = 1,
}

/// <summary>Where the two databases are. They may be one; no statement joins across them.</summary>
public sealed class ConnectionStringsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "ConnectionStrings";

    /// <summary>Npgsql connection string of the source database.</summary>
    [Required(ErrorMessage = "ConnectionStrings:Main is missing: the Npgsql connection string of the source database.")]
    public string Main { get; set; } = "";

    /// <summary>Npgsql connection string of the index database.</summary>
    [Required(ErrorMessage = "ConnectionStrings:Rag is missing: the Npgsql connection string of the index database.")]
    public string Rag { get; set; } = "";
}

/// <summary>A token opens everything its identity may do: it is not sent to a server that has not proved who it is.</summary>
public sealed class DatabasesOptionsValidator(IOptions<ConnectionStringsOptions> connections) : IValidateOptions<DatabasesOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, DatabasesOptions options)
    {
        if (!Enum.IsDefined(options.Authentication))
        {
            return ValidateOptionsResult.Fail("Databases:Authentication must be password or entra.");
        }

        if (options.Authentication != DatabaseAuthentication.Entra)
        {
            return ValidateOptionsResult.Success;
        }

        ConnectionStringsOptions given;
        try
        {
            given = connections.Value;
        }
        catch (OptionsValidationException)
        {
            // Start-up already says so, once.
            return ValidateOptionsResult.Skip;
        }

        var errors = Errors(nameof(ConnectionStringsOptions.Main), given.Main)
            .Concat(Errors(nameof(ConnectionStringsOptions.Rag), given.Rag))
            .ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Errors(string name, string connectionString)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        if (!EntraSignIn.IsFor(connection))
        {
            yield break;
        }

        if (string.IsNullOrEmpty(connection.Username))
        {
            yield return $"ConnectionStrings:{name} needs Username, the name of the identity in the database: Databases:Authentication is entra.";
        }

        if (connection.SslMode is not (SslMode.VerifyFull or SslMode.VerifyCA) && !IsThisMachine(connection.Host))
        {
            yield return $"ConnectionStrings:{name} needs SSL Mode=VerifyFull: Databases:Authentication entra sends a token there.";
        }
    }

    private static bool IsThisMachine(string? host) =>
        host is "localhost" || host?.StartsWith('/') == true || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
