namespace Registry.Tests.Support.Linearizability;

/// <summary>An action on one package, and how a registry must respond in a given state.</summary>
internal abstract record PackageAction
{
    protected const string NoPackage = "404 package-not-found";

    private const string NoRelease = "404 package-release-not-found";
    private const string NoChannel = "404 channel-not-found";

    /// <summary>True if it never changes anything.</summary>
    public virtual bool Reads => false;

    /// <returns>The next state, and the response: the status, then the relevant parts of the body.</returns>
    public abstract (PackageState Next, string Response) On(PackageState state);

    /// <param name="Release">The release.</param>
    /// <param name="Package">The content to push.</param>
    /// <param name="Content">A unique id of the content.</param>
    /// <param name="Force">Whether it replaces an existing release.</param>
    internal sealed record Push(string Release, SeededPackage Package, string Content, bool Force) : PackageAction
    {
        public static async Task<Push> OfAsync(
            string release, SeededPackage package, bool force, CancellationToken cancellationToken) =>
            new(release, package, NameOf((await package.DigestsAsync(cancellationToken)).Tar), force);

        /// <summary>Returns a short id of a digest.</summary>
        public static string NameOf(string digest) => digest[..8];

        public override (PackageState Next, string Response) On(PackageState state) =>
            state.Has(Release) && !Force ? (state, "409 package-exists") : (state.With(Release, Content), "200");

        public override string ToString() => $"push {Release}={Content}{(Force ? " by force" : "")}";
    }

    internal sealed record Delete(string Release) : PackageAction
    {
        public override (PackageState Next, string Response) On(PackageState state) =>
            state.Has(Release) ? (state.Without(Release), "200") : (state, NoPackage);

        public override string ToString() => $"delete {Release}";
    }

    internal sealed record AddToChannel(string Channel, string Release) : PackageAction
    {
        public override (PackageState Next, string Response) On(PackageState state)
        {
            if (!state.Exists || !state.Has(Release))
                return (state, state.Exists ? NoRelease : NoPackage);
            var next = state.WithChannelRelease(Channel, Release);
            return (next, $"200 {next.Describe(Channel)}");
        }

        public override string ToString() => $"add {Release} to {Channel}";
    }

    internal sealed record RemoveFromChannel(string Channel, string Release) : PackageAction
    {
        public override (PackageState Next, string Response) On(PackageState state) =>
            !state.Exists ? (state, NoPackage)
            : !state.HasChannel(Channel) ? (state, NoChannel)
            : !state.Has(Release) ? (state, NoPackage)
            : (state.WithoutChannelRelease(Channel, Release), "200");

        public override string ToString() => $"remove {Release} from {Channel}";
    }

    internal sealed record DeleteChannel(string Channel) : PackageAction
    {
        public override (PackageState Next, string Response) On(PackageState state) =>
            !state.Exists
                ? (state, NoPackage)
                : !state.HasChannel(Channel) ? (state, NoChannel) : (state.WithoutChannel(Channel), "200");

        public override string ToString() => $"delete {Channel}";
    }

    internal sealed record ShowPackage : PackageAction
    {
        public override bool Reads => true;

        public override (PackageState Next, string Response) On(
            PackageState state) => (state, state.Exists ? $"200 {state.ReleasesText}" : NoPackage);

        public override string ToString() => "show";
    }

    internal sealed record ShowRelease(string Release) : PackageAction
    {
        public override bool Reads => true;

        public override (PackageState Next, string Response) On(PackageState state) => (
            state,
            !state.Exists ? NoPackage
            : !state.Has(Release) ? NoRelease
            : $"200 {state.ContentOf(Release)} ({string.Join(',', state.ChannelsOf(Release))})");

        public override string ToString() => $"show {Release}";
    }

    internal sealed record ShowChannels : PackageAction
    {
        public override bool Reads => true;

        public override (PackageState Next, string Response) On(
            PackageState state) => (state, state.Exists ? $"200 {state.ChannelsText}".TrimEnd() : NoPackage);

        public override string ToString() => "show channels";
    }

    internal sealed record ShowChannel(string Channel) : PackageAction
    {
        public override bool Reads => true;

        public override (PackageState Next, string Response) On(PackageState state) => (
            state, !state.Exists
                ? NoPackage
                : !state.HasChannel(Channel) ? NoChannel : $"200 {state.Describe(Channel)}");

        public override string ToString() => $"show {Channel}";
    }
}
