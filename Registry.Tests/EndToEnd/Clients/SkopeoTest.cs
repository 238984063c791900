using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Tests of skopeo.</summary>
public abstract class SkopeoTest : ClientTest
{
    /// <summary>A skopeo that has not run yet.</summary>
    private protected SkopeoClient Skopeo { get; private set; } = null!;

    [SetUp]
    public void MakeSkopeo() => Skopeo = new SkopeoClient(
        Directory.CreateDirectory(Path.Combine(Folder, "skopeo")).FullName, CancellationToken);

    /// <summary>Returns the reference of a tag or, with <c>@</c>, a digest.</summary>
    protected string Reference(string name, string tag) =>
        $"docker://{Host}/{Namespace}/{name}{(tag.StartsWith('@') ? "" : ":")}{tag}";

    /// <summary>Copies an image of a layout into the registry.</summary>
    private protected async Task CopyInAsync(
        ImageLayout layout, string image, string reference, params string[] options)
    {
        var folder = Path.Combine(Folder, $"in-{Guid.NewGuid():N}");
        await layout.SaveAsync(folder, CancellationToken);
        await Skopeo.RunAsync("copy", [.. options, $"oci:{folder}:{image}", reference]);
    }

    /// <summary>Copies an image out of the registry.</summary>
    /// <returns>The folder of the layout.</returns>
    private protected async Task<string> CopyOutAsync(string reference, params string[] options)
    {
        var folder = Path.Combine(Folder, $"out-{Guid.NewGuid():N}");
        await Skopeo.RunAsync("copy", [.. options, reference, $"oci:{folder}:out"]);
        return folder;
    }

    /// <summary>Returns the digest of the manifest that a reference names.</summary>
    protected async Task<string> DigestAsync(string reference) =>
        DigestOf(await RawAsync(reference));

    /// <summary>Returns the bytes of the manifest that a reference names.</summary>
    protected async Task<byte[]> RawAsync(string reference) =>
        Encoding.UTF8.GetBytes(await Skopeo.RunAsync("inspect", "--raw", reference));

    /// <summary>Lists the tags of a repository.</summary>
    protected async Task<IEnumerable<string?>> TagsAsync(string name)
    {
        var listed = await Skopeo.RunAsync("list-tags", $"docker://{Host}/{Namespace}/{name}");
        return JsonDocument.Parse(listed).RootElement.GetProperty("Tags").EnumerateArray()
            .Select(static tag => tag.GetString());
    }
}
