namespace RagFunctions.Api;

/// <summary>A request that cannot be read, with what to tell the caller.</summary>
internal sealed class BadRequestException(string detail, int status = 400) : Exception(detail)
{
    public int Status { get; } = status;
}
