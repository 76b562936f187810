using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace RagFunctions.Tests.Faults;

/// <summary>
/// Stands between Npgsql and PostgreSQL on the loopback, speaks enough of the protocol to know where a request ends and its answer
/// ends, and cuts the connection at the request it is told to. Only so can the answer to a COMMIT really be lost.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private readonly Lock _armed = new();
    private int _remaining;
    private int _cuts;
    private bool _commits;
    private ConnectionFault _kind;
    private int _beforeInterruption;
    private Func<Task>? _interruption;
    private Task _interrupting = Task.CompletedTask;

    /// <summary>Begins to listen.</summary>
    /// <param name="connectionString">Of the real server.</param>
    public FaultProxy(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (settings.Host!, settings.Port);
        _listener.Start();
        settings.Host = IPAddress.Loopback.ToString();
        settings.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        settings.SslMode = SslMode.Disable;
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        ConnectionString = settings.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>Connects through the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>How many faults have struck.</summary>
    public int Struck { get; private set; }

    /// <summary>
    /// The interruption that has begun, if one has. Who was interrupted may be gone before it ends: a statement that is cancelled is
    /// given up after two seconds, held back or not.
    /// </summary>
    public Task Interrupting
    {
        get
        {
            lock (_armed)
            {
                return _interrupting;
            }
        }
    }

    /// <summary>Cuts the connection that sends the <paramref name="request"/>-th request from now, over all connections; 0 = none.</summary>
    /// <param name="request">Counted from 1.</param>
    /// <param name="kind">Before or after the server has done it.</param>
    /// <param name="cuts">The requests that follow it fare the same, as many in all.</param>
    /// <param name="commits">Only commits are counted.</param>
    public void Arm(int request, ConnectionFault kind, int cuts = 1, bool commits = false)
    {
        lock (_armed)
        {
            _remaining = request;
            _cuts = cuts;
            _commits = commits;
            _kind = kind;
        }
    }

    /// <summary>Holds back the <paramref name="request"/>-th request from now, over all connections, until something else is done; 0 = none.</summary>
    public void Interrupt(int request, Func<Task>? interruption)
    {
        lock (_armed)
        {
            _beforeInterruption = request;
            _interruption = interruption;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task<ConnectionFault?> NextRequestAsync(bool isCommit)
    {
        ConnectionFault? fault;
        Task? interrupting = null;
        lock (_armed)
        {
            fault = NextFault(isCommit);
            if (_beforeInterruption > 0 && --_beforeInterruption == 0 && _interruption is { } interruption)
            {
                _interrupting = interrupting = Task.Run(interruption);
            }
        }

        if (interrupting is not null)
        {
            await interrupting;
        }

        return fault;
    }

    private ConnectionFault? NextFault(bool isCommit)
    {
        if (_remaining == 0 || (_commits && !isCommit) || --_remaining > 0)
        {
            return null;
        }

        Struck++;
        _remaining = --_cuts > 0 ? 1 : 0;
        _commits = false;
        return _kind;
    }

    private async Task AcceptAsync()
    {
        List<Task> sessions = [];
        while (true)
        {
            try
            {
                sessions.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                await Task.WhenAll(sessions);
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_host, _port, _stop.Token);
                var session = new ProxiedSession(client.GetStream(), server.GetStream(), NextRequestAsync);
                await await Task.WhenAny(session.ForwardRequestsAsync(_stop.Token), session.ForwardAnswersAsync(_stop.Token));
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One side has closed: so does the other.
            }
        }
    }
}
