using System.Globalization;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Roles;

/// <summary>
/// Increments one document by compare-and-set: <c>PATH TIMES</c>. Prints <c>ready</c> and starts on a line of input.
/// </summary>
public static class CountingRole
{
    public static readonly StoreKey Counter = StoreKey.Of("packages", "shared", "counter");

    public static async Task RunAsync(string[] arguments)
    {
        var volume = new FilesystemVolume(new FilesystemOptions { Path = arguments[0] }, TimeProvider.System);
        var documents = new FilesystemDocumentStore(volume);
        var times = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadLineAsync();
        for (var done = 0; done < times;)
        {
            var read = await documents.GetAsync(Counter, CancellationToken.None);
            var next = read is null ? 1 : int.Parse(read.Text(), CultureInfo.InvariantCulture) + 1;
            if (await documents.TryPutAsync(
                Counter, $"{next}", Precondition.Unchanged(read?.Revision), CancellationToken.None) is not null)
                done++;
        }
    }
}
