using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Dev.LocalHost.Worker;

/// <summary>The host's end of the workers' protocol: one stream, on which requests go out and answers are matched to them.</summary>
internal sealed class WorkerChannel(ILoggerFactory loggers) : FunctionRpc.FunctionRpcBase, IDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IServerStreamWriter<StreamingMessage>? _output;

    /// <summary>Ends when the worker has opened the stream.</summary>
    public Task Started => _started.Task;

    /// <inheritdoc />
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        _output = responseStream;
        try
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            {
                switch (message.ContentCase)
                {
                    case StreamingMessage.ContentOneofCase.StartStream:
                        _started.TrySetResult();
                        break;
                    case StreamingMessage.ContentOneofCase.RpcLog:
                        Write(message.RpcLog);
                        break;
                    case StreamingMessage.ContentOneofCase.InvocationResponse:
                        Answer(message.InvocationResponse.InvocationId, message);
                        break;
                    default:
                        Answer(message.RequestId, message);
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The worker has ended; whoever waits for an answer is told below.
        }
        finally
        {
            foreach (var waiting in _waiting.Values)
            {
                waiting.TrySetException(new IOException("The worker has ended."));
            }
        }
    }

    /// <summary>Asks for something other than an invocation.</summary>
    public Task<StreamingMessage> CallAsync(StreamingMessage message) => SendAsync(message.RequestId = Guid.NewGuid().ToString(), message);

    /// <summary>Runs a function to its end; cancelling asks the function to stop, and its answer is still waited for.</summary>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        using var cancelling = cancellationToken.Register(
            () => _ = PostAsync(new StreamingMessage { InvocationCancel = new InvocationCancel { InvocationId = request.InvocationId } }));
        var message = new StreamingMessage { RequestId = request.InvocationId, InvocationRequest = request };
        return (await SendAsync(request.InvocationId, message)).InvocationResponse;
    }

    /// <inheritdoc />
    public void Dispose() => _writing.Dispose();

    private async Task<StreamingMessage> SendAsync(string key, StreamingMessage message)
    {
        var waiting = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[key] = waiting;
        await PostAsync(message);
        return await waiting.Task;
    }

    private async Task PostAsync(StreamingMessage message)
    {
        await _writing.WaitAsync();
        try
        {
            await _output!.WriteAsync(message);
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Answer(string key, StreamingMessage message)
    {
        if (_waiting.TryRemove(key, out var waiting))
        {
            waiting.TrySetResult(message);
        }
    }

    private void Write(RpcLog log)
    {
        var logger = loggers.CreateLogger(log.Category);
        var level = (LogLevel)(int)log.Level;
        if (logger.IsEnabled(level))
        {
            HostLog.FromWorker(logger, level, log.Exception is { } exception ? $"{log.Message}{Environment.NewLine}{exception.Message}" : log.Message);
        }
    }
}
