using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;

namespace Registry.Tests.Unit.Storage;

public sealed class EtcdKeysTests
{
    private static readonly EtcdKeys Keys = new("p/");
    private static readonly Digest Any = Digest.FromHash(new byte[32]);

    [Test]
    public void A_range_of_documents_contains_only_what_is_below_its_scope()
    {
        var range = Keys.Documents(StoreKey.Of("packages", "a"), after: null);
        Assert.That(Contains(range, StoreKey.Of("packages", "a", "b")), Is.True);
        Assert.That(Contains(range, StoreKey.Of("packages", "a", "b", "c")), Is.True);
        foreach (var outside in (StoreKey[])[
            StoreKey.Of("packages", "a"), StoreKey.Of("packages", "ab"), StoreKey.Of("packages", "a-b"),
            StoreKey.Of("packages", "b")
        ])
            Assert.That(Contains(range, outside), Is.False, outside.Value);
    }

    [Test]
    public void A_range_after_a_key_excludes_the_key_and_may_be_empty()
    {
        var scope = StoreKey.Of("packages", "a");
        var key = StoreKey.Of("packages", "a", "b");
        Assert.That(Contains(Keys.Documents(scope, key), key), Is.False);
        Assert.That(Contains(Keys.Documents(scope, key), StoreKey.Of("packages", "a", "b", "c")), Is.True);
        Assert.That(
            Contains(Keys.Documents(scope, StoreKey.Of("a")), key),
            Is.True,
            "a key before the range does not shorten it");
        Assert.That(Keys.Documents(scope, StoreKey.Of("packages", "z")).IsEmpty, Is.True);
    }

    [Test]
    public void Heads_are_those_of_the_scope_or_also_of_the_scopes_below()
    {
        var scope = StoreKey.Of("packages", "a");
        var own = Keys.Head(new BlobKey(scope, Any));
        var below = Keys.Head(new BlobKey(StoreKey.Of("packages", "a", "b"), Any));
        Assert.That(Contains(Keys.Heads(scope, ScopeDepth.Exact, null), own), Is.True);
        Assert.That(Contains(Keys.Heads(scope, ScopeDepth.Exact, null), below), Is.False);
        Assert.That(Contains(Keys.Heads(scope, ScopeDepth.Subtree, null), own), Is.True);
        Assert.That(Contains(Keys.Heads(scope, ScopeDepth.Subtree, null), below), Is.True);
    }

    [Test]
    public void Chunks_are_in_order_and_belong_to_their_upload()
    {
        var chunks = Enumerable.Range(0, 300).Select(i => Keys.Chunk("u", i * 1000)).ToList();
        Assert.That(
            chunks.Select(static chunk => chunk.ToStringUtf8()),
            Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Assert.That(chunks.TrueForAll(static chunk => Contains(Keys.Chunks("u"), chunk)), Is.True);
        Assert.That(Contains(Keys.Chunks("u"), Keys.Chunk("u2", 0)), Is.False);
    }

    private static bool Contains(KeyRange range, StoreKey key) => Contains(range, Keys.Document(key));

    private static bool Contains(KeyRange range, Google.Protobuf.ByteString key) =>
        key.Span.SequenceCompareTo(range.From.Span) >= 0 && key.Span.SequenceCompareTo(range.End.Span) < 0;
}
