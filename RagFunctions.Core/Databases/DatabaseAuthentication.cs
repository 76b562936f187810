namespace RagFunctions.Core.Databases;

/// <summary>How the app signs in to PostgreSQL.</summary>
public enum DatabaseAuthentication
{
    /// <summary>As the connection string says.</summary>
    Password = 0,

    /// <summary>With a token of Microsoft Entra in place of the password, wherever the connection string has none.</summary>
    Entra = 1,
}
