namespace Xunit;

/// <summary>What the tests use of xunit v3 and xunit v2 does not have.</summary>
internal sealed class TestContext
{
    public static TestContext Current { get; } = new();

    public CancellationToken CancellationToken { get; } = CancellationToken.None;
}
