using System.Reflection;
using Microsoft.Extensions.Logging;
using RagFunctions.Api;
using RagFunctions.Core;

namespace RagFunctions.Tests.Architecture;

/// <summary>Operators and alerts find an event by its id, so an id stands for one event of the app and its core.</summary>
public sealed class EventIdTests
{
    [Fact]
    public void An_event_id_stands_for_one_event()
    {
        var events = (
            from assembly in (Assembly[])[typeof(RagCoreServices).Assembly, typeof(ApiRoute).Assembly]
            from type in assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            let log = method.GetCustomAttribute<LoggerMessageAttribute>()
            where log is not null
            select (log.EventId, Name: $"{type.FullName}.{method.Name}")).ToList();

        Assert.True(events.Count > 30, $"only {events.Count} events were found");
        Assert.Empty(
            from one in events
            group one.Name by one.EventId into same
            where same.Count() > 1
            select $"{same.Key}: {string.Join(", ", same)}");
    }
}
