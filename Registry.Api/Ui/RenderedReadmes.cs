using Microsoft.AspNetCore.Html;
using Registry.Core.Documents;

namespace Registry.Api.Ui;

/// <summary>
/// Renders READMEs one at a time, so that those of one package cannot take all processors, and keeps the last ones.
/// </summary>
internal sealed class RenderedReadmes : IDisposable
{
    /// <summary>The memory of the cache, in bytes.</summary>
    private const long CacheBytes = 8 << 20;

    /// <summary>The most READMEs that wait for another, which may take seconds.</summary>
    public const int MaxWaiting = 8;

    private readonly SecondChanceCache<string, Rendered> cache = new(CacheBytes);
    private readonly SemaphoreSlim room = new(1);
    private readonly Dictionary<string, Task<HtmlString?>> started = [];

    /// <summary>Renders a README.</summary>
    /// <param name="key">A text that is equal only for equal results.</param>
    /// <param name="markdown">The text.</param>
    /// <param name="addressOf">See <see cref="Readme.Render"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// The HTML; null when the text is too long or too complicated, or <see cref="MaxWaiting"/> other READMEs wait.
    /// </returns>
    public async ValueTask<HtmlString?> RenderAsync(
        string key, string markdown, Func<string, string?> addressOf, CancellationToken cancellationToken)
    {
        if (cache.Find(key) is { } known)
            return known.Html;
        Task<HtmlString?>? rendering;
        lock (started)
        {
            if (!started.TryGetValue(key, out rendering))
            {
                if (started.Count > MaxWaiting)
                    return null;
                rendering = Task.Run(() => RenderAsync(key, markdown, addressOf), CancellationToken.None);
                started.Add(key, rendering);
            }
        }

        return await rendering.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();

    private async Task<HtmlString?> RenderAsync(string key, string markdown, Func<string, string?> addressOf)
    {
        await room.WaitAsync();
        try
        {
            var html = Readme.Render(markdown, addressOf);
            cache.Set(key, new Rendered(html), 2L * (key.Length + (html?.Value?.Length ?? 0)) + 200);
            return html;
        }
        finally
        {
            lock (started)
                started.Remove(key);
            room.Release();
        }
    }

    /// <summary>A result, which may be none.</summary>
    private sealed record Rendered(HtmlString? Html);
}
