using Microsoft.AspNetCore.Http;

namespace RagFunctions.Api;

/// <summary>Whom a route is open to.</summary>
internal enum RouteKey
{
    /// <summary>Anybody, without a key.</summary>
    None,

    /// <summary>Any key; the answer holds what it opens.</summary>
    Any,

    /// <summary>A key of the cabinet that the path names, or an operator's.</summary>
    Cabinet,

    /// <summary>An operator's key.</summary>
    Operator,
}

/// <summary>
/// What a route takes and answers. Requests are read by it and callers are told by it (<c>/openapi.json</c>), so neither says what the other
/// does not do. The route of a function is the static field with the function's name and <c>Route</c> behind it.
/// </summary>
/// <param name="Key">Who may call.</param>
internal sealed record ApiRoute(RouteKey Key)
{
    /// <summary>The methods that callers are told of; null: all of its function's.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>The parameters of the query; empty: none is allowed; null: the query is not looked at.</summary>
    public IReadOnlyList<QueryValue>? Query { get; init; }

    /// <summary>How the body is read; null: there is none to read.</summary>
    public ApiBody? Body { get; init; }

    /// <summary>What is answered when all is well.</summary>
    public required IReadOnlyList<ApiAnswer> Answers { get; init; }

    /// <summary>Errors beyond those that every route of this kind has.</summary>
    public IReadOnlyList<ApiRefusal> Refusals { get; init; } = [];

    /// <summary>Reads a request for one cabinet and answers it: what cannot be read is a 400, what the key does not open a 403.</summary>
    public Task<IResult> ForCabinetAsync(HttpRequest request, string cabinetId, Func<long, QueryValues, Task<IResult>> answer) =>
        AnswerAsync(request, async () =>
        {
            Check(RouteKey.Cabinet);
            var id = RequestReader.ReadId(cabinetId, "cabinet_id");
            return ApiCaller.Of(request).MayUse(id)
                ? await answer(id, ReadQuery(request))
                : Problem.Of(request, StatusCodes.Status403Forbidden, $"The key does not open cabinet {id}.");
        });

    /// <summary>Reads a request for all cabinets and answers it.</summary>
    public Task<IResult> ForOperatorAsync(HttpRequest request, Func<QueryValues, Task<IResult>> answer) =>
        AnswerAsync(request, async () =>
        {
            Check(RouteKey.Operator);
            return ApiCaller.Of(request).IsOperator
                ? await answer(ReadQuery(request))
                : Problem.Of(request, StatusCodes.Status403Forbidden, "Only an operator's key opens all cabinets.");
        });

    /// <summary>Reads a request and answers it with what the key opens.</summary>
    public Task<IResult> ForCallerAsync(HttpRequest request, Func<ApiCaller, QueryValues, Task<IResult>> answer) =>
        AnswerAsync(request, () =>
        {
            Check(RouteKey.Any);
            return answer(ApiCaller.Of(request), ReadQuery(request));
        });

    private static async Task<IResult> AnswerAsync(HttpRequest request, Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (BadRequestException refusal)
        {
            return Problem.Of(request, refusal.Status, refusal.Message);
        }
    }

    private QueryValues ReadQuery(HttpRequest request) => Query is null ? QueryValues.None : RequestReader.ReadQuery(request, Query);

    private void Check(RouteKey expected)
    {
        if (Key != expected)
        {
            throw new InvalidOperationException($"The route is described as open to {Key} and asks for {expected}.");
        }
    }
}

/// <summary>An answer that is no error.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Meaning">When it is given.</param>
/// <param name="Type">What is written.</param>
/// <param name="Example">One of these.</param>
internal sealed record ApiAnswer(int Status, string Meaning, Type Type, object Example)
{
    /// <summary>An answer by its example.</summary>
    public static ApiAnswer Of<T>(int status, string meaning, T example)
        where T : notnull => new(status, meaning, typeof(T), example);

    /// <summary>What it is sent as; text is described as it stands.</summary>
    public string MediaType { get; init; } = "application/json";
}

/// <summary>An answer that is an error.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Meaning">When it is given.</param>
/// <param name="Detail">What it says, for example.</param>
internal sealed record ApiRefusal(int Status, string Meaning, string Detail);
