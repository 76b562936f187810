using System.ComponentModel.DataAnnotations;

namespace RagFunctions.Api;

/// <summary>Who may call the API: <c>Api:Keys:0:Key</c>, <c>Api:Keys:0:Cabinets</c> and so on. None configured: nobody.</summary>
public sealed class ApiKeysOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Api";

    /// <summary>All keys that are valid; two for one caller while one replaces the other.</summary>
    public IList<ApiKeyOptions> Keys { get; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Keys.Count; i++)
        {
            if (Keys[i].Key.Length < ApiKeyOptions.ShortestKey)
            {
                yield return new ValidationResult($"Api:Keys:{i}:Key must have at least {ApiKeyOptions.ShortestKey} characters.");
            }

            if (!Keys[i].TryReadCabinets(out _))
            {
                yield return new ValidationResult($"Api:Keys:{i}:Cabinets must be cabinet ids with commas between them, or absent for an operator.");
            }
        }
    }
}
