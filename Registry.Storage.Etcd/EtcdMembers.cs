namespace Registry.Storage.Etcd;

/// <summary>The members of the cluster: one is used until it fails, then the next in turn.</summary>
internal sealed class EtcdMembers : IDisposable
{
    private readonly HttpClient http;
    private readonly EtcdMember[] all;
    private int current;

    /// <param name="endpoints">The client addresses, at least one.</param>
    /// <param name="handler">Makes the connections; disposed with this.</param>
    public EtcdMembers(IEnumerable<Uri> endpoints, HttpMessageHandler handler)
    {
        // Each call brings its own deadline.
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        all = [.. endpoints.Select(endpoint => new EtcdMember(endpoint, http))];
    }

    public int Count => all.Length;

    /// <summary>The addresses of all of them.</summary>
    public string Addresses =>
        string.Join(", ", all.Select(static member => member.Endpoint.GetLeftPart(UriPartial.Authority)));

    /// <summary>The one to use now.</summary>
    public EtcdMember Current => At(Volatile.Read(ref current));

    /// <summary>Goes on to the next, unless another call has done so already.</summary>
    public void Leave(EtcdMember failed)
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
