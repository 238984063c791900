using System.Globalization;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Roles;

/// <summary>
/// Writes documents and blobs, four at a time, until it is killed: <c>PATH FIRST-ROUND</c>. Prints a line per
/// acknowledged write: <c>document NUMBER ROUND</c> or <c>blob SEED</c>.
/// </summary>
public static class WritingRole
{
    public const int Writers = 4;

    public static readonly StoreKey Scope = StoreKey.Of("packages", "killed");

    public static StoreKey DocumentOf(int writer) => StoreKey.Of("packages", "killed", $"{writer}");

    /// <summary>Returns a document that shows whether it is complete: its round, repeated.</summary>
    public static string TextOf(
        int round) => string.Join(' ', Enumerable.Repeat(round.ToString(CultureInfo.InvariantCulture), 2_000));

    public static byte[] BlobOf(int seed) => StorageShortcuts.Bytes(150_000, seed);

    public static async Task RunAsync(string[] arguments)
    {
        var volume = new FilesystemVolume(new FilesystemOptions { Path = arguments[0] }, TimeProvider.System);
        var documents = new FilesystemDocumentStore(volume);
        var blobs = new FilesystemBlobStore(volume);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var round = int.Parse(arguments[1], CultureInfo.InvariantCulture); ; round++)
            {
                await documents.TryPutAsync(
                    DocumentOf(writer), TextOf(round), Precondition.None, CancellationToken.None);
                await Console.Out.WriteLineAsync($"document {writer} {round}");
                var seed = (round * Writers) + writer;
                await blobs.CommitAsync(Scope, BlobOf(seed), CancellationToken.None);
                await Console.Out.WriteLineAsync($"blob {seed}");
            }
        })));
    }
}
