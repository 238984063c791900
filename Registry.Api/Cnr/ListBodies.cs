using Registry.Api.Http;
using Registry.Core.Catalog;
using Registry.Core.Documents;

namespace Registry.Api.Cnr;

/// <summary>
/// Caches the bodies of recent lists and searches. They belong to one view of the catalog and are dropped with it: the
/// view of a request is determined before the lookup, so no body can be outdated. Callers that see the same packages
/// share bodies.
/// </summary>
internal sealed class ListBodies
{
    /// <summary>The maximum size of a cached body, in bytes: some 5,000 packages.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    /// <summary>The maximum size of all bodies, in bytes.</summary>
    public const long MaxBytes = 16 * MaxBodyBytes;

    /// <summary>The maximum length of a path and query; longer ones are unlikely to repeat.</summary>
    private const int MaxTargetLength = 1024;

    /// <summary>The size of an entry beside its body and target, in estimated bytes.</summary>
    private const int EntryBytes = 200;

    private volatile ViewBodies current = new(PackageCatalogView.Empty);

    /// <summary>Returns the cache entry for a request; null when its address is too long.</summary>
    public ICachedBody? Of(PackageCatalogView view, HttpRequest request)
    {
        var target = request.Path.Value + request.QueryString.Value;
        if (target.Length > MaxTargetLength)
            return null;
        var known = current;
        if (!ReferenceEquals(known.Whole, view.Whole))
            current = known = new ViewBodies(view.Whole);
        return new Entry(known, new Key(view, target));
    }

    /// <summary>The bodies of one view.</summary>
    private sealed class ViewBodies(PackageCatalogView whole)
    {
        private readonly SecondChanceCache<(Key Key, string Coding), PreparedBody> bodies = new(MaxBytes);

        public PackageCatalogView Whole => whole;

        public PreparedBody? Find(Key key, string coding) => bodies.Peek((key, coding));

        public void Keep(Key key, string coding, PreparedBody body) =>
            bodies.Set((key, coding), body, body.Bytes.Length + (2 * key.Target.Length) + EntryBytes);
    }

    /// <summary>What a body is for.</summary>
    /// <param name="View">What the caller sees of the catalog.</param>
    /// <param name="Target">The path and query.</param>
    private readonly record struct Key(PackageCatalogView View, string Target);

    private sealed class Entry(ViewBodies bodies, Key key) : ICachedBody
    {
        public int MaxBytes => MaxBodyBytes;

        public PreparedBody? Find(ContentCoding wanted) => bodies.Find(key, wanted.Name);

        public void Set(ContentCoding wanted, PreparedBody body) => bodies.Keep(key, wanted.Name, body);
    }
}
