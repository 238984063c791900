using System.Net;
using System.Text.Json;

namespace Registry.Tests.Support.Linearizability;

/// <summary>Sends actions to a replica and converts responses to the format of the model.</summary>
internal static class ActionOverHttp
{
    /// <summary>The response to a change that lost every race: it changed nothing, whatever the state.</summary>
    public const string NoEffect = "409 resource-in-use";

    /// <returns>The response; null if there was none or the outcome is unknown.</returns>
    public static async Task<string?> SendAsync(
        HttpClient client, string package, PackageAction action, CancellationToken cancellationToken)
    {
        using var request = RequestFor($"/api/v1/packages/{package}", action);
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.InsufficientStorage)
                return null;
            var body = JsonDocument.Parse(text).RootElement;
            return response.StatusCode == HttpStatusCode.OK
                ? $"200 {Describe(action, body)}".TrimEnd()
                : $"{(int)response.StatusCode} {body.GetProperty("code").GetString()}";
        }
        catch (Exception exception) when (exception is HttpRequestException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static HttpRequestMessage RequestFor(string path, PackageAction action) => action switch
    {
        PackageAction.Push push =>
            new(HttpMethod.Post, path) { Content = new PushContent(push.Package, push.Release) { Force = push.Force } },
        PackageAction.Delete delete => new(HttpMethod.Delete, $"{path}/{delete.Release}/helm"),
        PackageAction.AddToChannel add => new(HttpMethod.Post, $"{path}/channels/{add.Channel}/{add.Release}"),
        PackageAction.RemoveFromChannel remove =>
            new(HttpMethod.Delete, $"{path}/channels/{remove.Channel}/{remove.Release}"),
        PackageAction.DeleteChannel delete => new(HttpMethod.Delete, $"{path}/channels/{delete.Channel}"),
        PackageAction.ShowPackage => new(HttpMethod.Get, path),
        PackageAction.ShowRelease show => new(HttpMethod.Get, $"{path}/{show.Release}/helm"),
        PackageAction.ShowChannels => new(HttpMethod.Get, $"{path}/channels"),
        PackageAction.ShowChannel show => new(HttpMethod.Get, $"{path}/channels/{show.Channel}"),
        _ => throw new ArgumentException($"{action}"),
    };

    private static string Describe(PackageAction action, JsonElement body) => action switch
    {
        PackageAction.ShowPackage =>
            Join(
                ' ',
                body.EnumerateArray().Select(static manifest => $"{Text(manifest, "release")}={Content(manifest)}")),
        PackageAction.ShowRelease => $"{Content(body)} ({Join(',', Texts(body, "channels"))})",
        PackageAction.ShowChannels => Join(' ', body.EnumerateArray().Select(Channel)),
        PackageAction.ShowChannel or PackageAction.AddToChannel => Channel(body),
        _ => "",
    };

    private static string Channel(
        JsonElement channel) =>
        PackageState.Describe(Text(channel, "name"), Text(channel, "current"), Texts(channel, "releases"));

    private static string Content(
        JsonElement manifest) => PackageAction.Push.NameOf(Text(manifest.GetProperty("content"), "digest"));

    private static string Text(JsonElement body, string member) => body.GetProperty(member).GetString()!;

    private static IEnumerable<string> Texts(
        JsonElement body,
        string member) => body.GetProperty(member).EnumerateArray().Select(static item => item.GetString()!);

    private static string Join(char separator, IEnumerable<string> parts) => string.Join(separator, parts);
}
