using System.Collections.Concurrent;
using Registry.Api.Http;
using Registry.Core.Catalog;

namespace Registry.Api.Cnr;

/// <summary>
/// The bodies of lists and searches that were sent last. They belong to one view of the catalog and are forgotten with
/// it: which view answers a request is decided before anything is looked up here, so no body can be old.
/// </summary>
internal sealed class ListBodies
{
    /// <summary>The longest body that is kept, in bytes: some 5,000 packages.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    /// <summary>
    /// All bodies together, in bytes. When they are more, all are forgotten: what is asked for often is soon back.
    /// </summary>
    public const long MaxBytes = 16 * MaxBodyBytes;

    /// <summary>Longer questions are not asked twice.</summary>
    private const int MaxTargetLength = 1024;

    private volatile CacheShard shelf = new(PackageCatalogView.Empty);

    /// <summary>The body that answers a request from a view; null where none is kept.</summary>
    public ICachedBody? Of(PackageCatalogView view, HttpRequest request)
    {
        var target = request.Path.Value + request.QueryString.Value;
        if (target.Length > MaxTargetLength)
            return null;
        var known = shelf;
        if (!ReferenceEquals(known.View, view))
            shelf = known = new CacheShard(view);
        return new Place(known, target);
    }

    /// <summary>The bodies of one view.</summary>
    private sealed class CacheShard(PackageCatalogView view)
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

    private sealed class Place(CacheShard shelf, string target) : ICachedBody
    {
        public int MaxBytes => MaxBodyBytes;

        public PreparedBody? Find(ContentCoding wanted) => shelf.Find(target, wanted.Name);

        public void Keep(ContentCoding wanted, PreparedBody body) => shelf.Keep(target, wanted.Name, body);
    }
}
