using System.Net;
using System.Net.Sockets;

namespace RagFunctions.Tests.Infra;

/// <summary>This machine's own network, for tests that have to name a port before somebody listens on it.</summary>
internal static class Loopback
{
    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
