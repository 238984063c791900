using System.Collections.Immutable;
using System.Text;
using NUnit.Framework;
using Registry.Api.Ui;
using Registry.Core.Content;

namespace Registry.Tests.Unit.Ui;

/// <summary>Icons, which are untrusted.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PackageIconTests
{
    [TestCase("<svg><circle r='1'/></svg>", true)]
    [TestCase("<?xml version='1.0'?><svg/>", true)]
    [TestCase("<svg>{0}</svg>", true, 16)]
    [TestCase("<svg>{0}</svg>", false, 17, Description = "Each <use> may multiply what is drawn.")]
    [TestCase("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", false)]
    [TestCase("<html><svg/></html>", false)]
    [TestCase("text", false)]
    public void An_SVG_has_few_references(string text, bool isIcon, int references = 0)
    {
        var uses = string.Concat(Enumerable.Repeat("<s:use href='#a'/>", references));
        var bytes = Encoding.UTF8.GetBytes(string.Format(null, text, uses));
        var files = new ArchiveFiles(
            ImmutableArray.Create(new ArchiveFile("icon.svg", bytes.Length, bytes)), IsComplete: true);
        Assert.That(PackageIcon.Find(chart: null, files)?.ContentType, Is.EqualTo(isIcon ? "image/svg+xml" : null));
    }
}
