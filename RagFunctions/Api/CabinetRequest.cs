using Microsoft.AspNetCore.Http;

namespace RagFunctions.Api;

/// <summary>The frame of a route: what cannot be read is a 400, what the key does not open a 403.</summary>
internal static class CabinetRequest
{
    /// <summary>A route of one cabinet.</summary>
    public static Task<IResult> ForCabinetAsync(HttpRequest request, string cabinetId, Func<long, Task<IResult>> answer) =>
        AnswerAsync(request, async () =>
        {
            var id = RequestReader.ReadId(cabinetId, "cabinet_id");
            return ApiCaller.Of(request).MayUse(id)
                ? await answer(id)
                : Problem.Of(request, StatusCodes.Status403Forbidden, $"The key does not open cabinet {id}.");
        });

    /// <summary>A route of all cabinets.</summary>
    public static Task<IResult> ForOperatorAsync(HttpRequest request, Func<Task<IResult>> answer) =>
        AnswerAsync(request, async () => ApiCaller.Of(request).IsOperator
            ? await answer()
            : Problem.Of(request, StatusCodes.Status403Forbidden, "Only an operator's key opens all cabinets."));

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
}
