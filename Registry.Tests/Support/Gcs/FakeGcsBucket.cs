using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Gcs;

/// <summary>
/// A bucket of live objects, without versions. All reads and changes hold one lock, as the service is strongly
/// consistent.
/// </summary>
internal sealed partial class FakeGcsBucket(string name, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, FakeGcsObject> objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> changed = new(StringComparer.Ordinal);
    private long lastGeneration;

    /// <summary>The maximum number of objects in a page; the service may return fewer.</summary>
    public int MaxPage { get; set; } = 1000;

    /// <summary>
    /// The response to a successful delete: the service returns 204, and its test bench 200 with or without a body.
    /// </summary>
    public FakeGcsResponse Deleted { get; set; } = new(204);

    /// <summary>
    /// How long after a change of an object further changes of it get 429, whatever their preconditions: the service
    /// allows about one per second. Zero disables the limit.
    /// </summary>
    public TimeSpan ChangePeriod { get; set; }

    /// <summary>Whether ranges are ignored and media sent whole, as a server may do.</summary>
    public bool IgnoresRanges { get; set; }

    /// <summary>The number of changes that <see cref="ChangePeriod"/> rejected.</summary>
    public int Throttled { get; private set; }

    /// <summary>The retention period in seconds; null for none.</summary>
    public long? RetentionPeriod { get; set; }

    public IReadOnlyList<FakeGcsObject> Objects
    {
        get
        {
            lock (gate)
                return [.. objects.Values];
        }
    }

    public FakeGcsResponse Describe()
    {
        var bucket = new JsonObject
        {
            ["kind"] = "storage#bucket",
            ["id"] = name,
            ["name"] = name,
            ["location"] = "EU",
            ["storageClass"] = "STANDARD"
        };
        if (RetentionPeriod is { } seconds)
            bucket["retentionPolicy"] =
                new JsonObject { ["retentionPeriod"] = seconds.ToString(CultureInfo.InvariantCulture) };
        return FakeGcsResponse.Json(bucket);
    }

    public FakeGcsResponse Get(FakeGcsRequest request)
    {
        lock (gate)
        {
            return Find(request, isRead: true, out var refusal) is { } found
                ? FakeGcsResponse.Json(found.ToJson(request.Query("fields")))
                : refusal!;
        }
    }

    public FakeGcsResponse GetMedia(FakeGcsRequest request)
    {
        FakeGcsObject? found;
        FakeGcsResponse? refusal;
        Stream? media;
        lock (gate)
        {
            found = Find(request, isRead: true, out refusal);
            media = found?.Content.Open();
        }

        if (found is null)
            return refusal!.AsText();
        request.Context.Response.RegisterForDispose(media!);
        var headers = new Dictionary<string, string>
        {
            ["X-Goog-Generation"] = found.Generation.ToString(CultureInfo.InvariantCulture),
            ["X-Goog-Metageneration"] = found.Metageneration.ToString(CultureInfo.InvariantCulture),
            ["X-Goog-Hash"] = $"crc32c={found.Content.Crc32C},md5={found.Content.Md5}",
            ["X-Goog-Stored-Content-Length"] = found.Content.Length.ToString(CultureInfo.InvariantCulture),
        };
        var (status, from, length) = (200, 0L, found.Content.Length);
        if (!IgnoresRanges
            && RangeHeader().Match(request.Context.Request.Headers.Range.ToString()) is { Success: true } range)
        {
            from = long.Parse(range.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            var last = range.Groups[2].Length == 0
                ? length - 1
                : Math.Min(length - 1, long.Parse(range.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
            if (from >= length)
                return FakeGcsResponse.Error(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
                    .AsText();
            headers["Content-Range"] = $"bytes {from}-{last}/{length}";
            (status, length) = (206, last - from + 1);
        }

        return new FakeGcsResponse(status)
        {
            Headers = headers,
            ContentType = found.ContentType ?? "application/octet-stream",
            Media = media,
            From = from,
            Length = length,
        };
    }

    public FakeGcsResponse Delete(FakeGcsRequest request)
    {
        lock (gate)
        {
            if (IsTooSoon(request.Name))
                return FakeGcsResponse.TooManyChanges;
            if (Find(request, isRead: false, out var refusal) is not { } found)
                return refusal!;
            changed[found.Name] = time.GetTimestamp();
            objects.Remove(found.Name);
            found.Content.Dispose();
            return Deleted;
        }
    }

    public FakeGcsResponse Patch(FakeGcsRequest request, JsonObject changes)
    {
        lock (gate)
        {
            if (IsTooSoon(request.Name))
                return FakeGcsResponse.TooManyChanges;
            if (Find(request, isRead: false, out var refusal) is not { } found)
                return refusal!;
            changed[found.Name] = time.GetTimestamp();
            var metadata = found.Metadata.ToDictionary();
            foreach (var (key, value) in changes["metadata"]?.AsObject() ?? [])
                metadata[key] = (string)value!;
            var patched = found with
            {
                Metadata = metadata,
                Metageneration = found.Metageneration + 1,
                Updated = time.GetUtcNow()
            };
            objects[found.Name] = patched;
            return FakeGcsResponse.Json(patched.ToJson(request.Query("fields")));
        }
    }

    /// <summary>
    /// Returns null if the preconditions of a write hold. They are evaluated when a session begins and again when the
    /// object is created.
    /// </summary>
    public FakeGcsResponse? Evaluate(string objectName, FakeGcsConditions conditions)
    {
        lock (gate)
            return conditions.Evaluate(objects.GetValueOrDefault(objectName), isRead: false);
    }

    /// <summary>
    /// Opens the object that a copy names as its source. Returns null, and the response, when there is no such object
    /// or generation, or a precondition on it does not hold.
    /// </summary>
    public (Stream Bytes, long Generation)? OpenSource(
        FakeGcsRequest request, string source, out FakeGcsResponse? refusal)
    {
        lock (gate)
        {
            var found = objects.GetValueOrDefault(source);
            refusal = found is null || (request.Number("sourceGeneration") ?? found.Generation) != found.Generation
                ? FakeGcsResponse.NoObject(name, source)
                : FakeGcsConditions.OfSource(request).Evaluate(found, isRead: false);
            return refusal is null ? (found!.Content.Open(), found.Generation) : null;
        }
    }

    public FakeGcsResponse Place(
        string objectName, FakeGcsConditions conditions, JsonObject resource, FakeGcsContent content, string? fields)
    {
        if ((string?)resource["crc32c"] is { } crc32c && crc32c != content.Crc32C)
            return FakeGcsResponse.Error(
                400, "invalid", $"Provided CRC32C \"{crc32c}\" doesn't match calculated CRC32C \"{content.Crc32C}\".");
        if ((string?)resource["md5Hash"] is { } md5 && md5 != content.Md5)
            return FakeGcsResponse.Error(
                400, "invalid", $"Provided MD5 hash \"{md5}\" doesn't match calculated MD5 hash \"{content.Md5}\".");
        lock (gate)
        {
            if (IsTooSoon(objectName))
                return FakeGcsResponse.TooManyChanges;
            var replaced = objects.GetValueOrDefault(objectName);
            if (conditions.Evaluate(replaced, isRead: false) is { } refusal)
                return refusal;
            changed[objectName] = time.GetTimestamp();
            var present = time.GetUtcNow();
            lastGeneration =
                Math.Max(lastGeneration + 1, (present - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            var placed = new FakeGcsObject
            {
                Bucket = name,
                Name = objectName,
                Content = content,
                Generation = lastGeneration,
                TimeCreated = present,
                Updated = present,
                ContentType = (string?)resource["contentType"],
                CacheControl = (string?)resource["cacheControl"],
                Metadata =
                    resource["metadata"]?.AsObject().ToDictionary(pair => pair.Key, pair => (string)pair.Value!) ?? [],
            };
            objects[objectName] = placed;
            replaced?.Content.Dispose();
            return FakeGcsResponse.Json(placed.ToJson(fields));
        }
    }

    /// <summary>Damages an object in a way that the API does not allow.</summary>
    public void Damage(string objectName, Func<FakeGcsObject, FakeGcsObject> damage)
    {
        lock (gate)
            objects[objectName] = damage(objects[objectName]);
    }

    /// <summary>Makes all objects a day old.</summary>
    public void Age()
    {
        var past = time.GetUtcNow().AddDays(-1);
        foreach (var one in Objects)
            Damage(one.Name, old => old with { TimeCreated = past, Updated = past });
    }

    /// <summary>Removes an object, as another client would.</summary>
    public void Remove(string objectName)
    {
        lock (gate)
        {
            if (objects.Remove(objectName, out var removed))
                removed.Content.Dispose();
        }
    }

    public FakeGcsResponse List(FakeGcsRequest request)
    {
        var prefix = request.Query("prefix") ?? "";
        var from = request.Query("startOffset") ?? "";
        var after =
            request.Query("pageToken") is { } token ? Encoding.UTF8.GetString(Convert.FromBase64String(token)) : null;
        var size = (int)Math.Min(MaxPage, request.Number("maxResults") ?? MaxPage);
        var fields = request.Query("fields") is { } wanted ? ItemFields().Match(wanted).Groups[1].Value : null;
        List<FakeGcsObject> page;
        bool isLast;
        lock (gate)
        {
            var rest = objects.Values.Where(one => one.Name.StartsWith(prefix, StringComparison.Ordinal)
                && string.CompareOrdinal(one.Name, from) >= 0
                && (after is null || string.CompareOrdinal(one.Name, after) > 0)).Take(size + 1).ToList();
            isLast = rest.Count <= size;
            page = rest[..Math.Min(size, rest.Count)];
        }

        var response = new JsonObject { ["kind"] = "storage#objects" };
        if (page.Count > 0)
            response["items"] = new JsonArray([.. page.Select(one => one.ToJson(fields))]);
        if (!isLast)
            response["nextPageToken"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(page[^1].Name));
        return FakeGcsResponse.Json(response);
    }

    private bool IsTooSoon(string objectName)
    {
        if (ChangePeriod == TimeSpan.Zero
            || !changed.TryGetValue(objectName, out var last)
            || time.GetElapsedTime(last) >= ChangePeriod)
            return false;
        Throttled++;
        return true;
    }

    private FakeGcsObject? Find(FakeGcsRequest request, bool isRead, out FakeGcsResponse? refusal)
    {
        var found = objects.GetValueOrDefault(request.Name);
        refusal = found is null || (request.Number("generation") is { } generation && generation != found.Generation)
            ? FakeGcsResponse.NoObject(name, request.Name)
            : FakeGcsConditions.Of(request).Evaluate(found, isRead);
        return refusal is null ? found : null;
    }

    [GeneratedRegex("^bytes=([0-9]+)-([0-9]*)$")]
    private static partial Regex RangeHeader();

    [GeneratedRegex(@"items\(([^)]*)\)")]
    private static partial Regex ItemFields();
}
