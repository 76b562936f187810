using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>JSON as the API speaks it.</summary>
internal static class ApiJson
{
    public static JsonSerializerOptions Options => WireJson.Options;

    public static IResult Answer(object value, int status = StatusCodes.Status200OK) => Results.Json(value, Options, statusCode: status);

    /// <summary>As it goes over the wire.</summary>
    public static byte[] Bytes(object value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);
}
