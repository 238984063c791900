namespace Registry.Storage.Etcd;

/// <summary>The members of the cluster. One is used until it fails, then the next.</summary>
internal sealed class EtcdMembers : IDisposable
{
    private readonly HttpClient http;
    private readonly EtcdMember[] all;
    private int current;

    /// <param name="endpoints">The client URLs, at least one.</param>
    /// <param name="handler">The handler of the connections, disposed with this instance.</param>
    public EtcdMembers(IEnumerable<Uri> endpoints, HttpMessageHandler handler)
    {
        // Each call has its own deadline.
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        all = [.. endpoints.Select(endpoint => new EtcdMember(endpoint, http))];
    }

    public int Count => all.Length;

    /// <summary>The addresses of all members.</summary>
    public string Addresses =>
        string.Join(", ", all.Select(static member => member.Endpoint.GetLeftPart(UriPartial.Authority)));

    /// <summary>The member in use.</summary>
    public EtcdMember Current => At(Volatile.Read(ref current));

    /// <summary>Moves on to the next member, unless another call already has.</summary>
    public void FailOver(EtcdMember failed)
    {
        var seen = Volatile.Read(ref current);
        if (At(seen) == failed)
            Interlocked.CompareExchange(ref current, seen + 1, seen);
    }

    public void Dispose()
    {
        foreach (var member in all)
            member.Dispose();
        http.Dispose();
    }

    private EtcdMember At(int position) => all[(int)((uint)position % all.Length)];
}
