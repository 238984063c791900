using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>
/// Contract of every upload store. A backend joins with a subclass that overrides
/// <see cref="StorageContract.StartAsync"/> and adds no test.
/// </summary>
public abstract partial class UploadStoreContract : StorageContract
{
    /// <summary>More than two chunks of any backend (1 MiB at most), and not a multiple of one.</summary>
    private const int SeveralChunks = (2 * 1024 * 1024) + 123_457;

    private static readonly StoreKey Scope = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Small = StorageShortcuts.Bytes(1000);

    private IUploadStore Uploads => One.Uploads;

    [Test]
    public async Task A_new_upload_is_empty_and_visible_to_every_instance()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        Assert.That(upload.Scope, Is.EqualTo(Scope));
        Assert.That(UploadKey.TryParse(Scope, upload.Id, out var parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(upload));
        foreach (var instance in (StorageInstance[])[One, Two])
        {
            Assert.That(await instance.Uploads.LengthAsync(upload, CancellationToken), Is.Zero);
            Assert.That(await instance.Uploads.ReadAsync(upload, CancellationToken), Is.Empty);
        }

        Assert.That(await Uploads.BeginAsync(Scope, CancellationToken), Is.Not.EqualTo(upload));
    }

    [Test]
    public async Task Appends_through_any_instance_follow_each_other()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(3 * SeveralChunks);
        int[] lengths = [1, 999, SeveralChunks, 1024 * 1024, 5, 512 * 1024, 1024 * 1024];
        var offset = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            var part = bytes.AsMemory(offset, lengths[i]);
            offset += lengths[i];
            Assert.That(
                await Instance(i).Uploads.AppendBytesAsync(upload, offset - lengths[i], part, CancellationToken),
                Is.EqualTo(offset));
            Assert.That(await Instance(i + 1).Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(offset));
        }

        foreach (var instance in (StorageInstance[])[One, Two])
        {
            var content = await instance.Uploads.ReadAsync(upload, CancellationToken);
            Assert.That(content.AsSpan().SequenceEqual(bytes.AsSpan(0, offset)), Is.True);
        }
    }

    [Test]
    public async Task An_append_of_many_writes_is_as_one_of_a_single_write()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(SeveralChunks);
        var buffer = new byte[100_000];
        await using (var writer = await Uploads.AppendAsync(upload, 0, CancellationToken))
        {
            for (var at = 0; at < bytes.Length; at += buffer.Length)
            {
                var count = Math.Min(buffer.Length, bytes.Length - at);
                bytes.AsSpan(at, count).CopyTo(buffer);
                await writer!.WriteAsync(buffer.AsMemory(0, count), CancellationToken);
                buffer.AsSpan().Clear();
            }

            Assert.That(await writer!.CompleteAsync(CancellationToken), Is.EqualTo(bytes.Length));
        }

        var content = await Two.Uploads.ReadAsync(upload, CancellationToken);
        Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True, "the buffer was reused after each write");
    }

    [Test]
    public async Task Many_small_appends_follow_each_other()
    {
        const int Appends = 60;
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(Appends * 10);
        for (var at = 0; at < bytes.Length; at += 10)
            await Instance(at / 10).Uploads.AppendBytesAsync(upload, at, bytes.AsMemory(at, 10), CancellationToken);
        Assert.That(await Two.Uploads.ReadAsync(upload, CancellationToken), SameBytes.As(bytes));
    }

    [Test]
    public async Task The_bytes_of_an_append_are_invisible_until_it_is_completed(
        [Values(1000, SeveralChunks)] int length)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        await using (var writer = await Uploads.AppendAsync(upload, Small.Length, CancellationToken))
        {
            await writer!.WriteAsync(StorageShortcuts.Bytes(length, 2), CancellationToken);
            await AssertContentAsync(upload, Small);
        }

        await AssertContentAsync(upload, Small);
        Assert.That(
            await Two.Uploads.AppendBytesAsync(
                upload, Small.Length, StorageShortcuts.Bytes(length, 3), CancellationToken),
            Is.EqualTo(Small.Length + length),
            "an append that was not completed does not hinder others");
        await AssertContentAsync(upload, [.. Small, .. StorageShortcuts.Bytes(length, 3)]);
    }

    [Test]
    public async Task An_append_begins_only_at_the_end()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        Assert.That(await Uploads.AppendAsync(upload, 1, CancellationToken), Is.Null);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        foreach (var offset in (long[])[0, 1, Small.Length - 1, Small.Length + 1, long.MaxValue])
            Assert.That(await Two.Uploads.AppendAsync(upload, offset, CancellationToken), Is.Null, $"at {offset}");
        Assert.That(
            async () => await Uploads.AppendAsync(upload, -1, CancellationToken),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task An_append_without_bytes_changes_nothing()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        Assert.That(await Uploads.AppendBytesAsync(upload, 0, default, CancellationToken), Is.Zero);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        Assert.That(
            await Two.Uploads.AppendBytesAsync(upload, Small.Length, default, CancellationToken),
            Is.EqualTo(Small.Length));
        await AssertContentAsync(upload, Small);
    }

    [Test]
    public async Task An_unknown_upload_is_null_or_false_in_every_call()
    {
        var known = await Uploads.BeginAsync(Scope, CancellationToken);
        await Uploads.AppendBytesAsync(known, 0, Small, CancellationToken);
        foreach (var unknown in (UploadKey[])[
            UploadKey.Create(Scope), known with { Scope = Key("packages", "sample") },
            known with { Scope = Key("packages", "sample", "app", "more") }
        ])
        {
            Assert.That(await Uploads.LengthAsync(unknown, CancellationToken), Is.Null, $"{unknown}");
            Assert.That(await Uploads.AppendAsync(unknown, 0, CancellationToken), Is.Null, $"{unknown}");
            Assert.That(await Uploads.OpenAsync(unknown, CancellationToken), Is.Null, $"{unknown}");
            Assert.That(await Uploads.DiscardAsync(unknown, CancellationToken), Is.False, $"{unknown}");
        }

        await AssertContentAsync(known, Small);
    }

    [Test]
    public async Task A_discarded_upload_is_unknown([Values(0, 1000, SeveralChunks)] int length)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        if (length > 0)
            await Uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(length), CancellationToken);
        Assert.That(await Two.Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        foreach (var instance in (StorageInstance[])[One, Two])
        {
            Assert.That(await instance.Uploads.LengthAsync(upload, CancellationToken), Is.Null);
            Assert.That(await instance.Uploads.AppendAsync(upload, length, CancellationToken), Is.Null);
            Assert.That(await instance.Uploads.OpenAsync(upload, CancellationToken), Is.Null);
            Assert.That(await instance.Uploads.DiscardAsync(upload, CancellationToken), Is.False);
            Assert.That(await instance.Uploads.CountAsync(10, CancellationToken), Is.Zero);
        }
    }

    [Test]
    public async Task Completing_an_append_to_a_discarded_upload_is_null([Values(0, 1000, SeveralChunks)] int length)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await using var writer = await Uploads.AppendAsync(upload, 0, CancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(length), CancellationToken);
        Assert.That(await Two.Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.Null);
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.Null);
        Assert.That(await Uploads.CountAsync(10, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task Uploads_of_the_longest_scope_are_independent()
    {
        var segment = new string('s', StoreKey.MaxSegmentBytes);
        var scope = Key(
            "packages",
            segment,
            segment,
            segment,
            new string('k', StoreKey.MaxKeyBytes - (3 * segment.Length) - "packages/".Length - 3));
        var one = await Uploads.BeginAsync(scope, CancellationToken);
        var two = await Uploads.BeginAsync(scope, CancellationToken);
        await Uploads.AppendBytesAsync(one, 0, Small, CancellationToken);
        await Two.Uploads.AppendBytesAsync(two, 0, StorageShortcuts.Bytes(10, 2), CancellationToken);
        Assert.That(await Two.Uploads.ReadAsync(one, CancellationToken), Is.EqualTo(Small));
        Assert.That(await Uploads.DiscardAsync(one, CancellationToken), Is.True);
        Assert.That(await Uploads.ReadAsync(two, CancellationToken), Is.EqualTo(StorageShortcuts.Bytes(10, 2)));
    }

    [Test]
    public async Task An_upload_is_neither_a_blob_nor_a_document()
    {
        var blob = await One.Blobs.CommitAsync(Scope, Small, CancellationToken);
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(SeveralChunks), CancellationToken);
        Assert.That(
            await Two.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(new[] { blob }));
        Assert.That(await Two.Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.Empty);
        Assert.That(await Two.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(SeveralChunks));
        Assert.That(await Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        Assert.That(await One.Blobs.StatAsync(blob.Key, CancellationToken), Is.EqualTo(blob));
    }

    private async Task AssertContentAsync(UploadKey upload, byte[] expected)
    {
        Assert.That(await Two.Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(expected.Length));
        var content = await Two.Uploads.ReadAsync(upload, CancellationToken);
        Assert.That(content.AsSpan().SequenceEqual(expected), Is.True);
    }
}
