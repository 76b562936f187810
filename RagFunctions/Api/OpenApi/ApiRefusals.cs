namespace RagFunctions.Api.OpenApi;

/// <summary>The errors that routes of a kind have in common.</summary>
internal static class ApiRefusals
{
    public static readonly ApiRefusal Path = new(
        400, "A part of the path is not understood.", $"cabinet_id must be an integer from 1 to {long.MaxValue}.");

    public static readonly ApiRefusal Query = new(
        400, "The query has an unknown parameter, or one that is not understood or stands twice.", "The query has no parameter 'force'.");

    public static readonly ApiRefusal UnknownCabinet = new(404, "The cabinet is unknown or not active.", "Cabinet 2 is unknown or not active.");

    public static readonly ApiRefusal Unforeseen = new(
        500, "Something nobody foresaw; the log has it under the correlation id.", "Something went wrong; the correlation id leads to the log.");

    public static readonly ApiRefusal Outage = new(
        503, "A database does not answer, is read-only, has no room or needs too long: repeat the call.", "A database does not answer, or takes no changes now; try again.");

    /// <summary>What becomes of a call whose key does not open the route.</summary>
    public static IEnumerable<ApiRefusal> Keys(RouteKey key)
    {
        yield return new(403, "The key is missing or wrong, or none is configured.", $"{ApiGate.KeyHeader} is missing or wrong.");
        if (key != RouteKey.Any)
        {
            yield return key == RouteKey.Operator
                ? new(403, "The key is no operator's.", "Only an operator's key opens all cabinets.")
                : new(403, "The key is for other cabinets.", "The key does not open cabinet 2.");
        }
    }

    /// <summary>What becomes of a body that is not understood.</summary>
    /// <param name="isRead">The route takes one.</param>
    public static IEnumerable<ApiRefusal> Bodies(bool isRead)
    {
        yield return isRead
            ? new(400, "The body is not understood.", $"changed_ids.orders[0] must be an integer from 1 to {long.MaxValue}.")
            : new(400, "There is a body.", "This route takes no body.");
        yield return new(408, "The body comes too slowly.", "The request could not be read to its end.");
        yield return new(413, "The body is too long.", "The body has more than 4194304 bytes.");
        if (isRead)
        {
            yield return new(415, "The body is not application/json.", "The body must be application/json.");
        }
    }
}
