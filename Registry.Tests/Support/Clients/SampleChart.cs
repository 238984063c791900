using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Tests.Support.Clients;

/// <summary>A small chart that helm can render, made deterministically: equal values give equal bytes.</summary>
/// <param name="Name">The name in Chart.yaml, and the folder in the archive.</param>
/// <param name="Version">The version in Chart.yaml.</param>
/// <param name="Marker">A word that the rendered chart contains.</param>
internal sealed record SampleChart(string Name, string Version, string Marker = "first")
{
    /// <summary>Additional lines of Chart.yaml.</summary>
    public string Metadata { get; init; } = "";

    /// <summary>Whether Chart.yaml is at the root of the archive, as in the samples of CNR.</summary>
    public bool IsRootless { get; init; }

    /// <summary>The name that helm gives the archive.</summary>
    public string FileName => $"{Name}-{Version}.tgz";

    /// <summary>A line of the rendered chart.</summary>
    public string RenderedLine => $"marker: {Name}-{Marker}";

    private IEnumerable<(string Path, string Text)> Files =>
    [
        ("Chart.yaml", $"apiVersion: v2\nname: {Name}\nversion: {Version}\ndescription: A sample\n{Metadata}"),
        ("values.yaml", $"marker: {Marker}\n"),
        ("templates/config.yaml", $$$"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: {{{Name}}}
            data:
              marker: {{ .Chart.Name }}-{{ .Values.marker }}

            """),
    ];

    /// <summary>Returns the archive.</summary>
    public byte[] ToArray()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Tar());
        return packed.ToArray();
    }

    /// <summary>Returns the sha256 of the unzipped archive in hex: CNR's digest.</summary>
    public string TarDigest() => Convert.ToHexStringLower(SHA256.HashData(Tar()));

    /// <summary>Writes the archive to a folder.</summary>
    /// <returns>Its path.</returns>
    public async Task<string> SaveAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        await File.WriteAllBytesAsync(path, ToArray(), cancellationToken);
        return path;
    }

    /// <summary>Writes the unpacked chart below a folder.</summary>
    /// <returns>The path of the chart.</returns>
    public async Task<string> UnpackAsync(string folder, CancellationToken cancellationToken)
    {
        var root = Path.Combine(folder, Name);
        foreach (var (path, text) in Files)
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text, cancellationToken);
        }

        return root;
    }

    private byte[] Tar()
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
            foreach (var (path, text) in Files)
                tar.WriteEntry(
                    new UstarTarEntry(TarEntryType.RegularFile, IsRootless ? path : $"{Name}/{path}")
                    {
                        ModificationTime = Samples.Start,
                        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                    });
        return bytes.ToArray();
    }
}
