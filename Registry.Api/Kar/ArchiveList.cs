using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Archives;

namespace Registry.Api.Kar;

/// <summary>
/// Responds with a list of any length. A short list is read completely first, so that it has an <c>ETag</c> and a
/// failure is a 503. A longer one is streamed from the storage in constant memory, and a failure aborts the connection.
/// </summary>
/// <param name="archives">The archives.</param>
internal sealed class ArchiveList(IAsyncEnumerable<AppArchive> archives) : IActionResult
{
    /// <summary>The maximum number of entries of a short list: the most that the reference server returns.</summary>
    public const int MaxWhole = 1000;

    private const int FlushBytes = 16 * 1024;

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var cancellationToken = context.HttpContext.RequestAborted;
        await using var rest = archives.GetAsyncEnumerator(cancellationToken);
        var first = new List<ListedArchive>();
        while (await rest.MoveNextAsync())
        {
            first.Add(ListedArchive.Of(rest.Current));
            if (first.Count > MaxWhole)
            {
                await StreamAsync(context.HttpContext, first, rest);
                return;
            }
        }

        await JsonBody.OfMany(first, KarJson.Default.ListedArchive, TagOf(first)).ExecuteResultAsync(context);
    }

    /// <summary>The name and generation of an entry determine its other values.</summary>
    private static string TagOf(List<ListedArchive> archives)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var archive in archives)
            hash.AppendData(Encoding.UTF8.GetBytes($"{archive.Name}\n{archive.Generation}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task StreamAsync(
        HttpContext http, List<ListedArchive> first, IAsyncEnumerator<AppArchive> rest)
    {
        var response = http.Response;
        response.ContentType = "application/json";
        if (HttpMethods.IsHead(http.Request.Method))
            return;

        await RequestTransfer.Of(http).ReserveOutputAsync(long.MaxValue, http.RequestAborted);

        // From here on the response has started, and an exception aborts the connection.
        await response.StartAsync(http.RequestAborted);
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartArray();
        foreach (var archive in first)
            await WriteAsync(archive);
        while (await rest.MoveNextAsync())
            await WriteAsync(ListedArchive.Of(rest.Current));
        json.WriteEndArray();
        await json.FlushAsync(http.RequestAborted);
        response.BodyWriter.Write("\n"u8);

        async ValueTask WriteAsync(ListedArchive archive)
        {
            JsonSerializer.Serialize(json, archive, KarJson.Default.ListedArchive);
            if (json.BytesPending < FlushBytes)
                return;
            await json.FlushAsync(http.RequestAborted);
            await response.BodyWriter.FlushAsync(http.RequestAborted);
        }
    }
}
