using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;

namespace Registry.Tests.Unit.Storage;

public sealed class EtcdKeysTests
{
    private static readonly EtcdKeys Keys = new("p/");
    private static readonly Digest Any = Digest.FromHash(new byte[32]);

    [Test]
    public void A_range_of_documents_is_what_lies_below_and_nothing_beside()
    {
        var range = Keys.Documents(StoreKey.Of("packages", "a"), after: null);
        Assert.That(Holds(range, StoreKey.Of("packages", "a", "b")), Is.True);
        Assert.That(Holds(range, StoreKey.Of("packages", "a", "b", "c")), Is.True);
        foreach (var beside in (StoreKey[])[
            StoreKey.Of("packages", "a"), StoreKey.Of("packages", "ab"), StoreKey.Of("packages", "a-b"),
            StoreKey.Of("packages", "b")
        ])
            Assert.That(Holds(range, beside), Is.False, beside.Value);
    }

    [Test]
    public void What_comes_after_a_key_does_not_hold_it_and_may_be_nothing()
    {
        var scope = StoreKey.Of("packages", "a");
        var key = StoreKey.Of("packages", "a", "b");
        Assert.That(Holds(Keys.Documents(scope, key), key), Is.False);
        Assert.That(Holds(Keys.Documents(scope, key), StoreKey.Of("packages", "a", "b", "c")), Is.True);
        Assert.That(
            Holds(Keys.Documents(scope, StoreKey.Of("a")), key), Is.True, "a key before the range leaves it whole");
        Assert.That(Keys.Documents(scope, StoreKey.Of("packages", "z")).IsEmpty, Is.True);
    }

    [Test]
    public void The_heads_of_a_scope_are_its_own_or_those_of_its_scopes_too()
    {
        var scope = StoreKey.Of("packages", "a");
        var own = Keys.Head(new BlobKey(scope, Any));
        var below = Keys.Head(new BlobKey(StoreKey.Of("packages", "a", "b"), Any));
        Assert.That(Holds(Keys.Heads(scope, ScopeDepth.Exact, null), own), Is.True);
        Assert.That(Holds(Keys.Heads(scope, ScopeDepth.Exact, null), below), Is.False);
        Assert.That(Holds(Keys.Heads(scope, ScopeDepth.Subtree, null), own), Is.True);
        Assert.That(Holds(Keys.Heads(scope, ScopeDepth.Subtree, null), below), Is.True);
    }

    [Test]
    public void Chunks_are_in_order_and_belong_to_their_upload()
    {
        var chunks = Enumerable.Range(0, 300).Select(i => Keys.Chunk("u", i * 1000)).ToList();
        Assert.That(
            chunks.Select(static chunk => chunk.ToStringUtf8()),
            Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Assert.That(chunks.TrueForAll(static chunk => Holds(Keys.Chunks("u"), chunk)), Is.True);
        Assert.That(Holds(Keys.Chunks("u"), Keys.Chunk("u2", 0)), Is.False);
    }

    private static bool Holds(KeyRange range, StoreKey key) => Holds(range, Keys.Document(key));

    private static bool Holds(KeyRange range, Google.Protobuf.ByteString key) =>
        key.Span.SequenceCompareTo(range.From.Span) >= 0 && key.Span.SequenceCompareTo(range.End.Span) < 0;
}
