namespace Registry.Tests.Support.Linearizability;

/// <summary>
/// Random actions on one package, with so few releases and channels that they often collide. Deterministic by seed.
/// </summary>
internal sealed class RandomActions(int seed)
{
    private static readonly string[] Releases = ["1.0.0", "1.1.0", "2.0.0-rc.1"];
    private static readonly string[] Channels = ["beta", "stable"];

    private int pushed;

    public Random Random { get; } = new(seed);

    /// <summary>Returns any action; every other one is a change.</summary>
    public async Task<PackageAction> NextAsync(CancellationToken cancellationToken) => Random.Next(8) switch
    {
        0 => new PackageAction.ShowPackage(),
        1 or 2 => new PackageAction.ShowRelease(Release()),
        3 => new PackageAction.ShowChannels(),
        4 => new PackageAction.ShowChannel(Channel()),
        _ => await NextChangeAsync(cancellationToken),
    };

    /// <summary>Returns a change; a push always has a new content.</summary>
    public async Task<PackageAction> NextChangeAsync(CancellationToken cancellationToken) => Random.Next(10) switch
    {
        0 => new PackageAction.Delete(Release()),
        1 or 2 or 3 => new PackageAction.AddToChannel(Channel(), Release()),
        4 => new PackageAction.RemoveFromChannel(Channel(), Release()),
        5 => new PackageAction.DeleteChannel(Channel()),
        var number =>
            await PackageAction.Push.OfAsync(
                Release(),
                new SeededPackage(unchecked((seed * 100_000) + ++pushed), 64),
                force: number < 8,
                cancellationToken),
    };

    private string Release() => Releases[Random.Next(Releases.Length)];

    private string Channel() => Channels[Random.Next(Channels.Length)];
}
