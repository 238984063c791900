using System.Buffers;
using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Releases</c>: whether releases may be replaced.</summary>
public sealed class ReleaseSettings : ISettings
{
    /// <summary>The characters of patterns that can match the name of a package.</summary>
    private static readonly SearchValues<char> Characters =
        SearchValues.Create("*-./0123456789?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// The packages, such as <c>team/app</c> or <c>dev/*</c>, whose releases OCI clients may replace. Separated by
    /// commas. <c>*</c> matches any characters, and <c>?</c> matches one; both match slashes, too.
    /// </summary>
    /// <value>Default empty: releases are immutable.</value>
    public string Mutable { get; set; } = "";

    /// <summary>The entries of <see cref="Mutable"/>.</summary>
    internal IEnumerable<string> Entries =>
        Mutable.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        from entry in Entries
        where entry.AsSpan().ContainsAnyExcept(Characters)
        select $"RELEASES__MUTABLE contains '{entry}'; expected the name of a package such as team/app, or a pattern "
            + "such as dev/*.";

    internal ReleaseOptions ToOptions() => new() { Mutable = [.. Entries] };
}
