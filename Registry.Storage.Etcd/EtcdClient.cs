using Etcdserverpb;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Registry.Core.Storage;
using Registry.Core.Telemetry;

namespace Registry.Storage.Etcd;

/// <summary>Whether a call with an unknown outcome may be repeated.</summary>
internal enum Repeat
{
    /// <summary>Only if it was not sent: it is not idempotent.</summary>
    OnlyIfUnsent,

    /// <summary>Always: it is idempotent.</summary>
    Freely,
}

/// <summary>
/// Calls etcd with one deadline for all attempts, authenticates if required, and fails over to other members. Failures
/// throw <see cref="StorageException"/>, except that <see cref="TryRangeAsync"/> and <see cref="TryReadAsync"/> return
/// null for a missing revision.
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    private readonly EtcdMembers members;
    private readonly EtcdLogin login;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;
    private readonly StorageRetries retries;

    public EtcdClient(EtcdOptions options, TimeProvider time, StorageRetries retries)
    {
        var errors = new List<string>();
        var endpoints = EtcdEndpoints.Parse(options.Endpoints, errors);
        if (errors.Count > 0)
            throw new OptionsValidationException(EtcdOptions.Section, typeof(EtcdOptions), errors);
        members = new EtcdMembers(endpoints, EtcdTls.CreateHandler(options));
        timeout = options.Timeout;
        (this.time, this.retries) = (time, retries);
        var request = new AuthenticateRequest { Name = options.Username ?? "", Password = options.Password ?? "" };
        login = new EtcdLogin(
            string.IsNullOrEmpty(options.Username)
                ? null
                : cancellationToken => AuthenticateAsync(request, cancellationToken));
    }

    /// <summary>The addresses of the members.</summary>
    public string Addresses => members.Addresses;

    /// <summary>Reads linearizably: returns every write that was acknowledged to any client.</summary>
    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            static (member, range, options) => member.Kv.RangeAsync(range, options),
            request,
            Repeat.Freely,
            cancellationToken);

    /// <summary>Reads at a past revision. Returns null when etcd does not have that revision.</summary>
    public Task<RangeResponse?> TryRangeAsync(
        RangeRequest request,
        CancellationToken cancellationToken) => NullIfNoRevisionAsync(RangeAsync(request, cancellationToken));

    /// <summary>Reads several keys or ranges at one revision.</summary>
    public Task<TxnResponse> ReadAsync(
        TxnRequest request, CancellationToken cancellationToken) => TxnAsync(request, Repeat.Freely, cancellationToken);

    /// <summary>Reads at past revisions. Returns null when etcd does not have one of them.</summary>
    public Task<TxnResponse?> TryReadAsync(
        TxnRequest request,
        CancellationToken cancellationToken) => NullIfNoRevisionAsync(ReadAsync(request, cancellationToken));

    /// <summary>
    /// Compares and writes atomically. A write that must not be repeated can be cancelled only until it is sent. After
    /// that the call waits for it, at most until the deadline, so that a write that may still happen is never reported
    /// as cancelled.
    /// </summary>
    public Task<TxnResponse> WriteAsync(TxnRequest request, Repeat repeat, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var afterSend = repeat == Repeat.Freely ? cancellationToken : CancellationToken.None;
        return TxnAsync(request, repeat, afterSend);
    }

    /// <summary>Returns the status of one member.</summary>
    public Task<StatusResponse> StatusAsync(CancellationToken cancellationToken) => CallAsync(
        static (member, request, options) => member.Maintenance.StatusAsync(request, options),
        new StatusRequest(),
        Repeat.Freely,
        cancellationToken);

    public void Dispose()
    {
        members.Dispose();
        login.Dispose();
    }

    private Task<TxnResponse> TxnAsync(TxnRequest request, Repeat repeat, CancellationToken cancellationToken) =>
        CallAsync(
            static (member, txn, options) => member.Kv.TxnAsync(txn, options), request, repeat, cancellationToken);

    private static async Task<T?> NullIfNoRevisionAsync<T>(Task<T> read)
        where T : class
    {
        try
        {
            return await read;
        }
        catch (StorageException exception) when (exception.InnerException is RpcException error
            && EtcdErrors.IsNoRevision(error))
        {
            return null;
        }
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        EtcdMethod<TRequest, TResponse> method, TRequest request, Repeat repeat, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var start = time.GetTimestamp();
        try
        {
            for (var mayLogIn = true; ; mayLogIn = false)
            {
                var token = await TokenAsync(start, cancellationToken);
                try
                {
                    return await TryMembersAsync(method, request, token, repeat, start, cancellationToken);
                }
                catch (RpcException exception)
                    when (mayLogIn && EtcdErrors.RequiresLogin(exception) && login.Forget(token))
                {
                    // The call did nothing: repeat it with a new token.
                }
            }
        }
        catch (RpcException exception)
        {
            // A call that may be repeated may have had attempts without a response before this one.
            throw EtcdErrors.ToStorage(
                exception, repeat == Repeat.OnlyIfUnsent && EtcdErrors.ChangedNothing(exception));
        }
    }

    /// <summary>Returns the token, and waits for a login at most until the deadline of the call.</summary>
    private async ValueTask<string?> TokenAsync(long start, CancellationToken cancellationToken)
    {
        using var timedOut = new CancellationTokenSource(Remaining(start), time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timedOut.Token);
        try
        {
            return await login.GetTokenAsync(linked.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            const string Detail = "the login timed out.";
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, Detail, exception));
        }
    }

    private Task<string> AuthenticateAsync(
        AuthenticateRequest request, CancellationToken cancellationToken) => ReadTokenAsync(
        TryMembersAsync(
            static (member, login, options) => member.Auth.AuthenticateAsync(login, options),
            request,
            token: null,
            Repeat.Freely,
            time.GetTimestamp(),
            cancellationToken));

    private static async Task<string> ReadTokenAsync(Task<AuthenticateResponse> response) => (await response).Token;

    private async Task<TResponse> TryMembersAsync<TRequest, TResponse>(
        EtcdMethod<TRequest, TResponse> method,
        TRequest request,
        string? token,
        Repeat repeat,
        long start,
        CancellationToken cancellationToken)
    {
        // A broken connection can be re-established: at least two attempts, even with a single member.
        var attempts = Math.Max(2, members.Count);
        while (true)
        {
            var member = members.Current;
            var remaining = Remaining(start);

            // A silent member must leave time to try another one, if the call may be repeated.
            var limit = repeat == Repeat.Freely && members.Count > 1 ? Min(timeout / 2, remaining) : remaining;
            try
            {
                return await EtcdCall.MakeAsync(method, member, request, token, limit, time, cancellationToken);
            }
            catch (RpcException exception) when (EtcdErrors.IsMemberFault(exception))
            {
                members.FailOver(member);
                if (--attempts == 0
                    || Remaining(start) <= TimeSpan.FromMilliseconds(1)
                    || !(repeat == Repeat.Freely || EtcdErrors.ChangedNothing(exception)))
                    throw;
                retries.Add();
            }
        }
    }

    private TimeSpan Remaining(long start)
    {
        var remaining = timeout - time.GetElapsedTime(start);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.FromMilliseconds(1);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
