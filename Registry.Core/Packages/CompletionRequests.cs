using System.Threading.Channels;

namespace Registry.Core.Packages;

/// <summary>
/// Requests to complete releases that an earlier version stored. They are collected until the background pass runs.
/// </summary>
public sealed class CompletionRequests
{
    private readonly Channel<bool> requests = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Requests a pass. Does nothing when one is requested already.</summary>
    public void Request() => requests.Writer.TryWrite(true);

    /// <summary>Waits for a request, and takes it.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) =>
        await requests.Reader.ReadAsync(cancellationToken);
}
