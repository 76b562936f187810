using System.Net.Sockets;
using System.Text;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>A caller that announces a body and does not send it. The server waits 5 seconds for its first 1,200 bytes.</summary>
[Trait("Fault", "15")]
public sealed class SlowBodyTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_body_that_does_not_come_is_a_408_of_the_host()
    {
        await using var app = await RunningApp.StartAsync(_database);
        Assert.StartsWith("HTTP/1.1 408", await SendAsync(app.Http.BaseAddress!), StringComparison.Ordinal);
    }

    private static async Task<string> SendAsync(Uri server)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, Stop);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /v1/rag/search/1 HTTP/1.1\r\nHost: local\r\nX-API-KEY: {RunningApp.OperatorKey}\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n{{"),
            Stop);
        var answer = new StringBuilder();
        var part = new byte[4_096];
        try
        {
            for (int read; (read = await stream.ReadAsync(part, Stop)) > 0;)
            {
                answer.Append(Encoding.UTF8.GetString(part, 0, read));
            }
        }
        catch (IOException)
        {
            // Having answered, the server waits for the rest of the body no longer.
        }

        return answer.ToString();
    }
}
