using RagFunctions.Dev.Fakes.Marketplace.Limits;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>A method of the API.</summary>
/// <param name="Host">Where.</param>
/// <param name="Verb">GET or POST.</param>
/// <param name="Path">Its path; one segment may be <c>*</c>.</param>
/// <param name="Rule">Who may call it, and how often.</param>
/// <param name="Handle">The right answer.</param>
internal sealed record Method(MarketplaceHost Host, string Verb, string Path, MethodRule Rule, Func<Call, Answer> Handle)
{
    private readonly string[] _segments = Path.Split('/');

    /// <summary>Whether a path is this method's, and what stands for <c>*</c>.</summary>
    public bool Matches(string path, out string value)
    {
        value = "";
        var given = path.Split('/');
        if (given.Length != _segments.Length)
        {
            return false;
        }

        for (var i = 0; i < given.Length; i++)
        {
            if (_segments[i] == "*")
            {
                value = given[i];
            }
            else if (_segments[i] != given[i])
            {
                return false;
            }
        }

        return true;
    }
}
