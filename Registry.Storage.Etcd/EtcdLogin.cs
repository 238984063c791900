namespace Registry.Storage.Etcd;

/// <summary>
/// Caches the authentication token. It is requested when first needed, and again when the server no longer knows it: it
/// expires, and a restarted member forgets it. Thread-safe.
/// </summary>
/// <param name="authenticate">Requests a token from the server; null when no login is needed.</param>
internal sealed class EtcdLogin(Func<CancellationToken, Task<string>>? authenticate) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);
    private string? token;

    /// <summary>Returns the token; null when no login is needed.</summary>
    public async ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken)
    {
        if (authenticate is null)
            return null;
        if (Volatile.Read(ref token) is { } cached)
            return cached;

        // All callers share one login: password hashing is slow by design.
        await gate.WaitAsync(cancellationToken);
        try
        {
            return token ??= await authenticate(cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Removes a rejected token, unless a newer one has already replaced it.</summary>
    /// <returns>False when no login is used, so that a retry would be pointless.</returns>
    public bool Forget(string? refused)
    {
        if (authenticate is null || refused is null)
            return false;
        Interlocked.CompareExchange(ref token, null, refused);
        return true;
    }

    public void Dispose() => gate.Dispose();
}
