using System.ComponentModel.DataAnnotations;

namespace RagFunctions.Core.Databases;

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
