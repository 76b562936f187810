using System.Text.Json;
using Microsoft.DurableTask;
using Moq;

namespace RagFunctions.Tests.Orchestrations;

/// <summary>What a mocked orchestration shares with a real one: inputs and answers pass through a history.</summary>
internal static class MockedHistory
{
    // What the local host and every back end take inline.
    private const int MostBytes = 32 * 1024;

    /// <summary>Sets up an activity that is asked for with three tries; an <see cref="InvalidOperationException"/> is its failure.</summary>
    public static void Activity<TInput, TResult>(
        Mock<TaskOrchestrationContext> context, string name, Func<TInput, Task<TResult>> answer) =>
        context
            .Setup(c => c.CallActivityAsync<TResult>(new TaskName(name), It.IsAny<object?>(), It.Is<TaskOptions?>(o => o!.Retry!.Policy!.MaxNumberOfAttempts == 3)))
            .Returns(async (TaskName _, object? input, TaskOptions? _) =>
            {
                try
                {
                    return Through(await answer(Through((TInput)input!)));
                }
                catch (InvalidOperationException exception)
                {
                    throw new TaskFailedException(name, 0, new TaskFailureDetails("(unknown)", exception.Message, null, null, null));
                }
            });

    /// <summary>As it comes out on the other side of a history.</summary>
    public static T Through<T>(T value)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value);
        Assert.InRange(json.Length, 0, MostBytes);
        return JsonSerializer.Deserialize<T>(json)!;
    }
}
