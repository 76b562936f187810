namespace RagFunctions.Core.Databases;

/// <summary>What both databases have in common.</summary>
public sealed class DatabasesOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Databases";

    /// <summary><c>password</c> or <c>entra</c>.</summary>
    public DatabaseAuthentication Authentication { get; set; }
}
