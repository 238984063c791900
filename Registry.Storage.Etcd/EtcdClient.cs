using Etcdserverpb;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>What may be done about a call whose outcome is not known.</summary>
internal enum Repeat
{
    /// <summary>Nothing: it may have been applied, and applying it twice is not the same as once.</summary>
    OnlyIfUnsent,

    /// <summary>It may be sent again: it reads, or writes what is the same however often it is written.</summary>
    Freely,
}

/// <summary>
/// Calls with a deadline for all tries together; a login where one is needed; and another member where one fails. Every
/// failure is a <see cref="StorageException"/> but that of an expected kind, which <see cref="TryRangeAsync"/> answers.
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    private readonly EtcdMembers members;
    private readonly EtcdLogin login;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;

    public EtcdClient(EtcdOptions options, TimeProvider time)
    {
        var errors = new List<string>();
        var endpoints = EtcdEndpoints.Parse(options.Endpoints, errors);
        if (errors.Count > 0)
            throw new OptionsValidationException(EtcdOptions.Section, typeof(EtcdOptions), errors);
        members = new EtcdMembers(endpoints, EtcdTls.CreateHandler(options));
        timeout = options.Timeout;
        this.time = time;
        var request = new AuthenticateRequest { Name = options.Username ?? "", Password = options.Password ?? "" };
        login = new EtcdLogin(
            string.IsNullOrEmpty(options.Username)
                ? null
                : cancellationToken => AuthenticateAsync(request, cancellationToken));
    }

    /// <summary>The addresses of the members.</summary>
    public string Addresses => members.Addresses;

    /// <summary>Reads, linearizably: what any client was told is done is seen.</summary>
    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            static (member, range, options) => member.Kv.RangeAsync(range, options),
            request,
            Repeat.Freely,
            cancellationToken);

    /// <summary>As <see cref="RangeAsync"/>, of the past: null where etcd does not have it.</summary>
    public Task<RangeResponse?> TryRangeAsync(
        RangeRequest request,
        CancellationToken cancellationToken) => UnlessNoRevisionAsync(RangeAsync(request, cancellationToken));

    /// <summary>Reads by several requests, as of one moment.</summary>
    public Task<TxnResponse> ReadAsync(
        TxnRequest request, CancellationToken cancellationToken) => TxnAsync(request, Repeat.Freely, cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, of the past: null where etcd does not have some of it.</summary>
    public Task<TxnResponse?> TryReadAsync(
        TxnRequest request,
        CancellationToken cancellationToken) => UnlessNoRevisionAsync(ReadAsync(request, cancellationToken));

    /// <summary>
    /// Compares and writes, all or nothing. Where it may not be repeated, the token is asked before the request is sent
    /// and not after: then the write happens, and is waited for, which takes no longer than the deadline. So nobody is
    /// told that a write was cancelled which is just about to happen.
    /// </summary>
    public Task<TxnResponse> WriteAsync(TxnRequest request, Repeat repeat, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waited = repeat == Repeat.Freely ? cancellationToken : CancellationToken.None;
        return TxnAsync(request, repeat, waited);
    }

    /// <summary>What one member says of itself.</summary>
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

    private static async Task<T?> UnlessNoRevisionAsync<T>(Task<T> read)
        where T : class
    {
        try
        {
            return await read;
        }
        catch (StorageException gone) when (gone.InnerException is RpcException error && EtcdErrors.IsNoRevision(error))
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
                catch (RpcException refused) when (mayLogIn && EtcdErrors.AsksForLogin(refused) && login.Forget(token))
                {
                    // The call did nothing: once more, with a new login.
                }
            }
        }
        catch (RpcException error)
        {
            throw EtcdErrors.ToStorage(error);
        }
    }

    /// <summary>Waits for a login no longer than the call may take.</summary>
    private async ValueTask<string?> TokenAsync(long start, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Left(start), time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await login.GetTokenAsync(ended.Token);
        }
        catch (OperationCanceledException wrong) when (!cancellationToken.IsCancellationRequested)
        {
            const string Detail = "the login was not answered in time.";
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, Detail, wrong));
        }
    }

    private Task<string> AuthenticateAsync(
        AuthenticateRequest request, CancellationToken cancellationToken) => TokenOfAsync(
        TryMembersAsync(
            static (member, login, options) => member.Auth.AuthenticateAsync(login, options),
            request,
            token: null,
            Repeat.Freely,
            time.GetTimestamp(),
            cancellationToken));

    private static async Task<string> TokenOfAsync(Task<AuthenticateResponse> answer) => (await answer).Token;

    private async Task<TResponse> TryMembersAsync<TRequest, TResponse>(
        EtcdMethod<TRequest, TResponse> method,
        TRequest request,
        string? token,
        Repeat repeat,
        long start,
        CancellationToken cancellationToken)
    {
        // A connection that broke may be made again: two tries even of a single member.
        var tries = Math.Max(2, members.Count);
        while (true)
        {
            var member = members.Current;
            var left = Left(start);

            // Who keeps silent must leave time for another, where another may be asked.
            var patience = repeat == Repeat.Freely && members.Count > 1 ? Shorter(timeout / 2, left) : left;
            try
            {
                return await EtcdCall.MakeAsync(method, member, request, token, patience, time, cancellationToken);
            }
            catch (RpcException error) when (EtcdErrors.IsOfMember(error))
            {
                members.Leave(member);
                if (--tries == 0
                    || Left(start) <= TimeSpan.FromMilliseconds(1)
                    || !(repeat == Repeat.Freely || EtcdErrors.ChangedNothing(error)))
                    throw;
            }
        }
    }

    private TimeSpan Left(long start)
    {
        var left = timeout - time.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
