using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Registry.Core.Catalog;
using Registry.Core.Packages;

namespace Registry.Api.Helm;

/// <summary>Writes lists of charts as JSON in pieces. A piece has at most the entries of one package.</summary>
internal static class ChartListJson
{
    /// <summary>Writes an index.</summary>
    /// <param name="packages">The entries of the packages.</param>
    /// <param name="channel">The channel whose releases are listed; null for all.</param>
    /// <param name="contextPath">The path at which ChartMuseum's API begins, without <c>/api</c>.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> IndexAsync(
        IAsyncEnumerable<ChartEntries> packages,
        ChannelName? channel,
        string contextPath,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "{\"apiVersion\":\"v1\",\"entries\":"u8.ToArray();
        await foreach (var piece in ByNameAsync(packages, channel, cancellationToken))
            yield return piece;
        yield return Encoding.UTF8.GetBytes(
            $",\"serverInfo\":{{\"contextPath\":\"{JsonEncodedText.Encode(contextPath)}\"}}}}");
    }

    /// <summary>Writes an object with the entries of each package. Packages without entries are left out.</summary>
    /// <param name="packages">The entries of the packages.</param>
    /// <param name="channel">The channel whose releases are listed; null for all.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ByNameAsync(
        IAsyncEnumerable<ChartEntries> packages,
        ChannelName? channel,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "{"u8.ToArray();
        var isFirst = true;
        await foreach (var package in packages.WithCancellation(cancellationToken))
        {
            var entries = channel is { } name ? package.Find(name) ?? default : package.All;
            if (entries.IsEmpty)
                continue;
            yield return Encoding.UTF8.GetBytes($"{(isFirst ? "" : ",")}\"{package.Package.Name}\":[");
            yield return entries;
            yield return "]"u8.ToArray();
            isFirst = false;
        }

        yield return "}"u8.ToArray();
    }

    /// <summary>Writes a list of the releases that are in no index, with the reasons.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> UnlistedAsync(
        IAsyncEnumerable<ChartEntries> packages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "["u8.ToArray();
        var isFirst = true;
        await foreach (var package in packages.WithCancellation(cancellationToken))
        {
            if (package.Unlisted.IsEmpty)
                continue;
            yield return Unlisted(package, isFirst);
            isFirst = false;
        }

        yield return "]"u8.ToArray();
    }

    /// <summary>Returns JSON that is in memory as pieces.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> OfAsync(params ReadOnlyMemory<byte>[] pieces)
    {
        foreach (var piece in pieces)
            yield return piece;
        await Task.CompletedTask;
    }

    private static ReadOnlyMemory<byte> Unlisted(ChartEntries package, bool isFirst)
    {
        var json = new ArrayBufferWriter<byte>();
        foreach (var chart in package.Unlisted)
        {
            if (!isFirst)
                json.Write(","u8);
            isFirst = false;
            using var writer = new Utf8JsonWriter(json);
            writer.WriteStartObject();
            writer.WriteString("name", package.Package.Name);
            writer.WriteString("version", chart.Release.Value);
            writer.WriteString("reason", chart.Reason);
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }
}
