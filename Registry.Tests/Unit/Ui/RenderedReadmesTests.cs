using Microsoft.AspNetCore.Html;
using NUnit.Framework;
using Registry.Api.Ui;

namespace Registry.Tests.Unit.Ui;

/// <summary>READMEs that wait for others.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class RenderedReadmesTests
{
    [Test]
    public async Task A_README_is_not_rendered_while_many_others_wait()
    {
        using var readmes = new RenderedReadmes();
        using var isOver = new ManualResetEventSlim();
        var first = Enumerable.Range(0, RenderedReadmes.MaxWaiting + 1).Select(i => RenderAsync($"{i}")).ToList();
        try
        {
            var late = RenderAsync("late");
            Assert.That(late.IsCompleted);
            Assert.That(await late, Is.Null);
            var same = RenderAsync("0");
            Assert.That(same.IsCompleted, Is.False);
            first.Add(same);
        }
        finally
        {
            isOver.Set();
        }

        Assert.That(await Task.WhenAll(first), Has.None.Null);
        Assert.That(await RenderAsync("late"), Is.Not.Null);

        Task<HtmlString?> RenderAsync(string key) => readmes.RenderAsync(
            key,
            "[a](b)",
            _ =>
            {
                isOver.Wait(CancellationToken.None);
                return null;
            },
            CancellationToken.None).AsTask();
    }
}
