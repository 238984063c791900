using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Releases</c>: whether releases may be replaced.</summary>
public sealed class ReleaseSettings
{
    /// <summary>
    /// The packages, such as <c>team/app</c> or <c>dev/*</c>, whose releases OCI clients may replace. Separated by
    /// commas. <c>*</c> matches any characters, and <c>?</c> matches one; both match slashes, too.
    /// </summary>
    /// <value>Default empty: releases are immutable.</value>
    public string Mutable { get; set; } = "";

    /// <summary>The entries of <see cref="Mutable"/>.</summary>
    internal IEnumerable<string> Entries =>
        Mutable.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal ReleaseOptions ToOptions() => new() { Mutable = [.. Entries] };
}
