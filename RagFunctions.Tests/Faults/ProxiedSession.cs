using System.Buffers.Binary;
using System.Net.Sockets;

namespace RagFunctions.Tests.Faults;

/// <summary>One connection through <see cref="FaultProxy"/>. Requests are passed on whole: all messages up to the one the server answers.</summary>
internal sealed class ProxiedSession(NetworkStream client, NetworkStream server, Func<bool, Task<ConnectionFault?>> nextRequest)
{
    private const int HeaderLength = 5;

    private volatile bool _answersLost;

    /// <summary>Until the client closes or a fault strikes.</summary>
    public async Task ForwardRequestsAsync(CancellationToken cancellationToken)
    {
        // The first message has no type.
        var length = new byte[4];
        await client.ReadExactlyAsync(length, cancellationToken);
        var startup = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        length.CopyTo(startup, 0);
        await client.ReadExactlyAsync(startup.AsMemory(4), cancellationToken);
        await server.WriteAsync(startup, cancellationToken);

        using var request = new MemoryStream();
        while (true)
        {
            var type = await ReadMessageAsync(client, request, cancellationToken);
            // Query and Sync end a request; Flush, CopyDone, CopyFail, a password and Terminate must not be held back either.
            if (type is not ('Q' or 'S' or 'H' or 'c' or 'f' or 'p' or 'X'))
            {
                continue;
            }

            var fault = type is 'Q' or 'S' ? await nextRequest(IsCommit(type, request)) : null;
            if (fault == ConnectionFault.BeforeRequest)
            {
                return;
            }

            _answersLost = fault == ConnectionFault.AnswerLost;
            await server.WriteAsync(request.GetBuffer().AsMemory(0, (int)request.Length), cancellationToken);
            request.SetLength(0);
        }
    }

    /// <summary>Until the server closes, or has given the answer that is to be lost.</summary>
    public async Task ForwardAnswersAsync(CancellationToken cancellationToken)
    {
        using var answer = new MemoryStream();
        while (true)
        {
            var type = await ReadMessageAsync(server, answer, cancellationToken);
            if (_answersLost)
            {
                if (type == 'Z')
                {
                    return;
                }

                continue;
            }

            await client.WriteAsync(answer.GetBuffer().AsMemory(0, (int)answer.Length), cancellationToken);
            answer.SetLength(0);
        }
    }

    private static bool IsCommit(char type, MemoryStream request) =>
        type == 'Q' && request.GetBuffer().AsSpan(HeaderLength, (int)request.Length - HeaderLength).StartsWith("COMMIT"u8);

    private static async Task<char> ReadMessageAsync(NetworkStream from, MemoryStream to, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        await from.ReadExactlyAsync(header, cancellationToken);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4];
        await from.ReadExactlyAsync(body, cancellationToken);
        to.Write(header);
        to.Write(body);
        return (char)header[0];
    }
}
