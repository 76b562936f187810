using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace RagFunctions.Api;

/// <summary>Who may call the API: <c>Api:Keys:0:Key</c>, <c>Api:Keys:0:Cabinets</c> and so on. None configured: nobody.</summary>
public sealed class ApiKeysOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Api";

    /// <summary>All keys that are valid; two for one caller while one replaces the other.</summary>
    public IList<ApiKeyOptions> Keys { get; } = [];

    /// <summary>Whether <c>/openapi.json</c> and <c>/docs</c> are served; to everybody, as they tell nothing of any cabinet.</summary>
    public bool Docs { get; set; } = true;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Keys.Count; i++)
        {
            if (Keys[i].Key.Length < ApiKeyOptions.ShortestKey)
            {
                yield return new ValidationResult($"Api:Keys:{i}:Key must have at least {ApiKeyOptions.ShortestKey} characters.");
            }

            // The platform leaves a reference that it cannot resolve as it stands, and everybody can guess that text.
            if (Keys[i].Key.StartsWith("@Microsoft.KeyVault(", StringComparison.OrdinalIgnoreCase))
            {
                yield return new ValidationResult($"Api:Keys:{i}:Key is a reference to a vault that was not resolved: is the secret there, and may the app's identity read it?");
            }

            if (!Keys[i].TryReadCabinets(out _))
            {
                yield return new ValidationResult($"Api:Keys:{i}:Cabinets must be cabinet ids with commas between them, or absent for an operator.");
            }
        }
    }
}

/// <summary>One key.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>Shorter ones can be guessed.</summary>
    public const int ShortestKey = 16;

    /// <summary>The value of <c>X-API-KEY</c>.</summary>
    public string Key { get; set; } = "";

    /// <summary>The cabinets it is limited to, with commas between them; absent: an operator, who may see and do everything.</summary>
    public string? Cabinets { get; set; }

    /// <summary>Reads <see cref="Cabinets"/>: null for an operator; false where it cannot be read.</summary>
    public bool TryReadCabinets(out IReadOnlySet<long>? cabinets)
    {
        cabinets = null;
        if (Cabinets is null)
        {
            return true;
        }

        var read = new HashSet<long>();
        foreach (var part in Cabinets.Split(','))
        {
            if (!long.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id <= 0)
            {
                return false;
            }

            read.Add(id);
        }

        cabinets = read;
        return true;
    }
}

/// <summary>Finds the caller that a key belongs to.</summary>
public sealed class ApiKeyRing
{
    private readonly List<(byte[] Hash, ApiCaller Caller)> _keys = [];

    public ApiKeyRing(IOptions<ApiKeysOptions> options)
    {
        foreach (var key in options.Value.Keys)
        {
            key.TryReadCabinets(out var cabinets);
            _keys.Add((Hash(key.Key), new ApiCaller(cabinets)));
        }
    }

    /// <summary>No key is configured: everything is refused.</summary>
    public bool IsEmpty => _keys.Count == 0;

    /// <summary>The caller; null for a key that is none of ours. Takes the same time whichever key is given.</summary>
    public ApiCaller? Find(string given)
    {
        var hash = Hash(given);
        ApiCaller? caller = null;
        foreach (var (known, whose) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                caller = whose;
            }
        }

        return caller;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

/// <summary>Who calls, as <see cref="ApiGate"/> has found.</summary>
/// <param name="Cabinets">The only cabinets it may ask for; null for an operator.</param>
public sealed record ApiCaller(IReadOnlySet<long>? Cabinets)
{
    private static readonly object Item = typeof(ApiCaller);

    /// <summary>Sees everything, also what belongs to no single cabinet.</summary>
    public bool IsOperator => Cabinets is null;

    /// <summary>May ask for the cabinet.</summary>
    public bool MayUse(long cabinetId) => Cabinets is null || Cabinets.Contains(cabinetId);

    /// <summary>The caller of a request.</summary>
    /// <exception cref="InvalidOperationException">The request has not come through the gate.</exception>
    public static ApiCaller Of(HttpRequest request) =>
        request.HttpContext.Items[Item] as ApiCaller
        ?? throw new InvalidOperationException("The request has not been checked: is ApiGate registered after ConfigureFunctionsWebApplication?");

    internal void Enter(HttpContext http) => http.Items[Item] = this;
}
