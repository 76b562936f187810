using Microsoft.Extensions.Options;

namespace RagFunctions.Core.Search;

/// <summary>How searches are done, and what bounds them. Checked at start.</summary>
public sealed class SearchOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Search";

    /// <summary>A cabinet of more chunks is searched in two steps: by one bit a dimension, then the best of those by their vectors.</summary>
    public int ExactUpTo { get; set; } = 100_000;

    /// <summary>How many the first of the two steps hands to the second.</summary>
    public int Candidates { get; set; } = 400;

    /// <summary>Seconds that the database may take for one search.</summary>
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Seconds that the provider may take for the vector of a question; somebody waits for it.</summary>
    public int QuestionSeconds { get; set; } = 5;

    /// <summary>Minutes for which the vector of a question is kept, in memory; 0: not at all.</summary>
    public int CacheMinutes { get; set; } = 10;
}

/// <summary>Names every wrong setting as it is written in configuration.</summary>
public sealed class SearchOptionsValidator : IValidateOptions<SearchOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, SearchOptions options)
    {
        List<string> errors = [];
        Check(nameof(options.ExactUpTo), options.ExactUpTo, 0, 10_000_000);
        Check(nameof(options.Candidates), options.Candidates, 10, 10_000);
        Check(nameof(options.TimeoutSeconds), options.TimeoutSeconds, 1, 300);
        Check(nameof(options.QuestionSeconds), options.QuestionSeconds, 1, 60);
        Check(nameof(options.CacheMinutes), options.CacheMinutes, 0, 1_440);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Check(string setting, int value, int least, int most)
        {
            if (value < least || value > most)
            {
                errors.Add($"Search:{setting} must be between {least} and {most}; it is {value}.");
            }
        }
    }
}
