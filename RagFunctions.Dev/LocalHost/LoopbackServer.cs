using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Dev.LocalHost;

/// <summary>A web server on the loopback address, for whoever drives its life.</summary>
internal static class LoopbackServer
{
    /// <summary>Prepares one; it writes to the given loggers.</summary>
    public static WebApplicationBuilder CreateBuilder(int port, HttpProtocols protocols, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols));
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        LeaveSignalsAlone(builder.Services);

        // A name of its own: on Azure the host's requests are spans of another process, not of the app, which listens to ASP.NET Core's.
        builder.Services.Replace(ServiceDescriptor.Singleton(new ActivitySource("RagFunctions.Dev.LocalHost")));
        return builder;
    }

    /// <summary>Signals and Ctrl+C are for whoever started the local host, not for each of the hosts it consists of.</summary>
    public static void LeaveSignalsAlone(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
