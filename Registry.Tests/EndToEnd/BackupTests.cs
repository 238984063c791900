using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;

namespace Registry.Tests.EndToEnd;

/// <summary>The commands as operators run them: separate processes next to a running service.</summary>
public sealed class BackupTests : EndToEndTest
{
    /// <summary>
    /// The maximum heap size in hex: smaller than the package that passes through it, as bytes or as base64.
    /// </summary>
    private const string HeapLimit = "3000000";

    private const long LargeBytes = 64 << 20;

    [Test]
    public async Task A_backup_is_imported_into_a_running_registry_and_exported()
    {
        var registry = await HostAsync();
        var imported = Run(["import-backup", BackupFixture.ReferenceFile]);
        Assert.That(await imported.ExitAsync(), Is.Zero, imported.Errors);
        Assert.That(
            imported.Log,
            Is.EqualTo(
                new[] { "4 releases added, 0 replaced, 0 unchanged; 2 channels set, 0 unchanged; 0 entries failed." }));
        Assert.That(
            (await GetJsonAsync(registry, "/api/v1/packages/titi/rocketchat/channels/stable")).GetProperty("current")
                .GetString(),
            Is.EqualTo("2.0.1"));

        await Curl.ShellAsync(
            Folder,
            $$"""
            {{string.Join(' ', RegistryProcess.Command)}} export-backup - --Filesystem:Path={{Data}} >first.json
            {{string.Join(' ', RegistryProcess.Command)}} import-backup - --Filesystem:Path=$PWD/other <first.json
            {{string.Join(' ', RegistryProcess.Command)}} export-backup second.json --Filesystem:Path=$PWD/other
            cmp first.json second.json
            """,
            CancellationToken);
        var written =
            JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "first.json"), CancellationToken))!;
        Assert.That(written["packages"]!.AsArray(), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_package_of_64_MiB_passes_through_a_heap_of_48_MiB()
    {
        var content = new SeededPackage(7, LargeBytes);
        var (tar, _, length) = await content.DigestsAsync(CancellationToken);
        var backup = Path.Combine(Folder, "large.json");
        await using (var file = File.Create(backup))
        {
            // The blob comes first: the release is not known yet when it is read.
            await file.WriteAsync("{\"packages\":[{\"blob\":\""u8.ToArray(), CancellationToken);
            await using (var base64 = new Base64WriteStream(file))
            {
                await content.WriteAsync(base64, CancellationToken);
                await base64.FinishAsync(CancellationToken);
            }

            await file.WriteAsync(
                Encoding.UTF8.GetBytes(
                    $$$"""
                    ","package":"memory/large","release":"1.0.0","mediaType":"application/vnd.cnr.package-manifest.helm.v1.json",
                    "created_at":"2020-01-01T00:00:00","channels":[],"content":{"digest":"{{{tar}}}","size":{{{length}}} } }],"channels":[]}
                    """),
                CancellationToken);
        }

        var imported = Run(["import-backup", backup], ("DOTNET_GCHeapHardLimit", HeapLimit));
        Assert.That(await imported.ExitAsync(), Is.Zero, $"{string.Join('\n', imported.Log)}\n{imported.Errors}");
        Assert.That(imported.Log.Single(), Does.StartWith("1 release added"));

        var place = Path.Combine(Folder, "out.json");
        var exported = Run(["export-backup", place], ("DOTNET_GCHeapHardLimit", HeapLimit));
        Assert.That(await exported.ExitAsync(), Is.Zero, $"{string.Join('\n', exported.Log)}\n{exported.Errors}");
        await using var back = new HashingStream();
        await using (var written = File.OpenRead(place))
            await BlobMember.DecodeAsync(written, back, CancellationToken);
        Assert.That(back.Hex(), Is.EqualTo((await content.DigestsAsync(CancellationToken)).Gzip));
    }

    private RegistryProcess Run(
        IEnumerable<string> arguments, params IEnumerable<(string Name, string? Value)> settings) =>
        Launch([.. RegistryProcess.Command, .. arguments], [("FILESYSTEM__PATH", Data), .. settings]);
}
