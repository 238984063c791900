using System.Collections.Concurrent;
using Registry.Api.Http;
using Registry.Core.Catalog;

namespace Registry.Api.Cnr;

/// <summary>
/// Caches the bodies of recent lists and searches. They belong to one view of the catalog and are dropped with it: the
/// view of a request is determined before the lookup, so no body can be outdated.
/// </summary>
internal sealed class ListBodies
{
    /// <summary>The maximum size of a cached body, in bytes: some 5,000 packages.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    /// <summary>
    /// The maximum size of all bodies, in bytes. Beyond it, all are dropped: those that are requested often soon
    /// return.
    /// </summary>
    public const long MaxBytes = 16 * MaxBodyBytes;

    /// <summary>The maximum length of a path and query; longer ones are unlikely to repeat.</summary>
    private const int MaxTargetLength = 1024;

    private volatile ViewBodies current = new(PackageCatalogView.Empty);

    /// <summary>Returns the cache entry for a request; null when its address is too long.</summary>
    public ICachedBody? Of(PackageCatalogView view, HttpRequest request)
    {
        var target = request.Path.Value + request.QueryString.Value;
        if (target.Length > MaxTargetLength)
            return null;
        var known = current;
        if (!ReferenceEquals(known.View, view))
            current = known = new ViewBodies(view);
        return new Entry(known, target);
    }

    /// <summary>The bodies of one view.</summary>
    private sealed class ViewBodies(PackageCatalogView view)
    {
        private readonly ConcurrentDictionary<(string Target, string Coding), PreparedBody> bodies = new();
        private long bytes;

        public PackageCatalogView View => view;

        public PreparedBody? Find(string target, string coding) => bodies.GetValueOrDefault((target, coding));

        public void Keep(string target, string coding, PreparedBody body)
        {
            var size = body.Bytes.Length + (2 * target.Length) + 200;
            if (Interlocked.Add(ref bytes, size) > MaxBytes)
            {
                bodies.Clear();
                Interlocked.Exchange(ref bytes, size);
            }

            bodies[(target, coding)] = body;
        }
    }

    private sealed class Entry(ViewBodies bodies, string target) : ICachedBody
    {
        public int MaxBytes => MaxBodyBytes;

        public PreparedBody? Find(ContentCoding wanted) => bodies.Find(target, wanted.Name);

        public void Set(ContentCoding wanted, PreparedBody body) => bodies.Keep(target, wanted.Name, body);
    }
}
