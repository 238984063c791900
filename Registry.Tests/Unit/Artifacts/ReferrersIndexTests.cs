using System.Text;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class ReferrersIndexTests
{
    private const string Empty =
        """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""";

    private static readonly ManifestDocument Signature =
        SampleManifests.Image() with { ArtifactType = "application/x.signature" };

    [Test]
    public void A_list_without_referrers_is_an_empty_index()
    {
        var page = new ReferrersIndex(artifactType: null);
        Assert.That(Text(page), Is.EqualTo(Empty));
        Assert.That(page.Last, Is.Null);
    }

    [Test]
    public void A_referrer_has_its_artifact_type_and_annotations()
    {
        var page = new ReferrersIndex(artifactType: null);
        var (a, b) = (Samples.Sha256("a"), Samples.Sha256("b"));
        Assert.That(page.TryAdd(b, 12, Signature with { Annotations = Json("""{ "b":"\u00e9","a":"é" }""") }), Is.True);
        Assert.That(page.TryAdd(a, 345, SampleManifests.Index()), Is.True);
        Assert.That(page.Last, Is.EqualTo(a));
        Assert.That(Text(page), Is.EqualTo(
            $$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{b}}","size":12,"annotations":{ "b":"\u00e9","a":"é" },"artifactType":"application/x.signature"},{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:{{a}}","size":345}]}
            """));
    }

    [Test]
    public void The_list_can_be_read_as_an_index()
    {
        var page = new ReferrersIndex(artifactType: null);
        page.TryAdd(Samples.Sha256("a"), 12, Signature with { Annotations = Json("{\"a\":\"b\"}") });
        var entry = ManifestReader.Read(page.ToUtf8(), OciMediaTypes.Index).Manifests.Single();
        Assert.That(
            (entry.MediaType, entry.Digest, entry.Size, entry.ArtifactType),
            Is.EqualTo((OciMediaTypes.Manifest, Samples.Sha256("a"), 12, Signature.ArtifactType)));
        Assert.That(Encoding.UTF8.GetString(entry.Annotations!.Utf8.Span), Is.EqualTo("{\"a\":\"b\"}"));
    }

    [Test]
    public void A_filter_leaves_out_other_artifact_types()
    {
        var page = new ReferrersIndex("application/x.signature");
        var (a, b) = (Samples.Sha256("a"), Samples.Sha256("b"));
        Assert.That(page.TryAdd(a, 1, Signature), Is.True);
        Assert.That(page.TryAdd(b, 2, SampleManifests.Image()), Is.True);
        Assert.That(page.TryAdd(b, 3, SampleManifests.Index()), Is.True);
        Assert.That(Entries(page.ToUtf8()), Is.EqualTo(new[] { a }));
        Assert.That(page.Last, Is.EqualTo(b));
    }

    [Test]
    public void Pages_stay_within_their_limit_and_lose_nothing()
    {
        var referrers = Enumerable.Range(0, 100)
            .Select(static number => Samples.Sha256($"{number}"))
            .OrderBy(static digest => digest.Value, StringComparer.Ordinal).ToList();
        var listed = new List<Digest>();
        var pages = 0;
        while (listed.Count < referrers.Count)
        {
            var page = new ReferrersIndex(artifactType: null, maxBytes: 1000);
            var rest = referrers.Skip(listed.Count).TakeWhile(digest => page.TryAdd(digest, 1, Signature)).ToList();
            Assert.That(page.Last, Is.EqualTo(rest[^1]));
            Assert.That(page.ToUtf8(), Has.Length.LessThanOrEqualTo(1000));
            Assert.That(Entries(page.ToUtf8()), Is.EqualTo(rest));
            listed.AddRange(rest);
            pages++;
        }

        Assert.That(listed, Is.EqualTo(referrers));
        Assert.That(pages, Is.InRange(15, 30));
    }

    [Test]
    public void A_page_may_be_filled_to_the_last_byte()
    {
        var full = new ReferrersIndex(artifactType: null);
        full.TryAdd(Samples.Sha256("a"), 1, Signature);
        full.TryAdd(Samples.Sha256("b"), 1, Signature);
        var length = full.ToUtf8().Length;
        Assert.That(AddTwo(length), Is.True);
        Assert.That(AddTwo(length - 1), Is.False);

        static bool AddTwo(int maxBytes)
        {
            var page = new ReferrersIndex(artifactType: null, maxBytes);
            return page.TryAdd(Samples.Sha256("a"), 1, Signature) && page.TryAdd(Samples.Sha256("b"), 1, Signature);
        }
    }

    [Test]
    public void A_referrer_that_is_larger_than_a_page_has_one_of_its_own()
    {
        var page = new ReferrersIndex(artifactType: null, maxBytes: 1000);
        var large = Signature with { Annotations = Json($$"""{"a":"{{new string('x', 2000)}}"}""") };
        Assert.That(page.TryAdd(Samples.Sha256("a"), 1, large), Is.True);
        Assert.That(page.TryAdd(Samples.Sha256("b"), 1, Signature), Is.False);
        Assert.That(Entries(page.ToUtf8()), Is.EqualTo(new[] { Samples.Sha256("a") }));
        Assert.That(page.Last, Is.EqualTo(Samples.Sha256("a")));
    }

    private static IEnumerable<Digest> Entries(byte[] page) =>
        ManifestReader.Read(page, OciMediaTypes.Index).Manifests.Select(static entry => entry.Digest);

    private static RawJson Json(string json) => new(Encoding.UTF8.GetBytes(json));

    private static string Text(ReferrersIndex page) => Encoding.UTF8.GetString(page.ToUtf8());
}
