
namespace Registry.Storage.Etcd;

/// <summary>
/// The token of the login, for one caller or many at once: got when it is first needed, and anew when the server knows
/// it no more (it expires, and a restarted member has forgotten it).
/// </summary>
/// <param name="authenticate">Asks the server for a token; null where no login is needed.</param>
internal sealed class EtcdLogin(Func<CancellationToken, Task<string>>? authenticate) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);
    private string? token;

    /// <summary>The token to send; null where no login is needed.</summary>
    public async ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken)
    {
        if (authenticate is null)
            return null;
        if (Volatile.Read(ref token) is { } known)
            return known;

        // One login serves all who wait for it: the server takes its time over the password on purpose.
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

    /// <summary>Forgets a token that was refused, unless a newer one has taken its place already.</summary>
    /// <returns>False where no login is made, so that nothing would change by trying again.</returns>
    public bool Forget(string? refused)
    {
        if (authenticate is null || refused is null)
            return false;
        Interlocked.CompareExchange(ref token, null, refused);
        return true;
    }

    public void Dispose() => gate.Dispose();
}
