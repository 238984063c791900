using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using Registry.Api.Audit;
using Registry.Core.Events;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Audit;

[Parallelizable(ParallelScope.All)]
internal sealed class AuditFileTests
{
    private static readonly RegistryEvent Event =
        new(Samples.Start, Samples.Caller, RegistryAction.TagDeleted, "team/app") { Tag = "latest" };

    [Test]
    public void A_line_that_a_full_disk_cuts_is_removed()
    {
        var file = new AlmostFullFile(room: 10);
        AuditFile.Append(file, "first\n"u8);
        Assert.That(() => AuditFile.Append(file, "second\n"u8), Throws.TypeOf<IOException>());
        Assert.That(Encoding.ASCII.GetString(file.ToArray()), Is.EqualTo("first\n"));
        file.Room = 100;
        AuditFile.Append(file, "third\n"u8);
        Assert.That(Encoding.ASCII.GetString(file.ToArray()), Is.EqualTo("first\nthird\n"));
    }

    /// <summary>A program that runs cannot be written, also not by root.</summary>
    [Test]
    public void A_file_that_cannot_be_opened_is_reported_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Below("program");
        File.Copy("/bin/sleep", path);
        using var program = Process.Start(path, "60");
        try
        {
            Assert.That(
                () =>
                {
                    using var audit = new AuditFile(path);
                    audit.Receive(Event);
                },
                Throws.Exception.With.Message.Contains("busy").And.Message.Not.Contains("locked"));
        }
        finally
        {
            program.Kill();
            program.WaitForExit();
        }
    }

    [Test]
    public async Task A_file_that_does_not_respond_delays_one_event()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Below("events");
        using var audit = new AuditFile(path) { WriteTimeout = TimeSpan.FromMinutes(1) };
        audit.Receive(Event);
        audit.WriteTimeout = TimeSpan.FromSeconds(1);
        File.Delete(path);
        await NamedPipe.CreateAsync(path);
        Assert.That(() => audit.Receive(Event), Throws.TypeOf<IOException>().With.Message.Contains("does not respond"));
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 100; i++)
            Assert.That(() => audit.Receive(Event), Throws.TypeOf<IOException>());
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)), "A second each would be 100.");

        // A reader unblocks the writer, which then fails: a pipe cannot hold events. Later events go to a new file.
        new FileInfo(path).MoveTo(folder.Below("pipe"));
        await using (new FileStream(folder.Below("pipe"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
            Assert.That(() => Receives(audit), Is.True.After(10_000, 20));
        Assert.That(await File.ReadAllLinesAsync(path), Has.All.Contains("\"tag\":\"latest\""));
    }

    private static bool Receives(AuditFile audit)
    {
        try
        {
            audit.Receive(Event);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Stores what there is room for and then fails, like a file on a full disk.</summary>
    private sealed class AlmostFullFile(int room) : MemoryStream
    {
        public int Room { get; set; } = room;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var fits = Math.Min(buffer.Length, Room);
            base.Write(buffer[..fits]);
            Room -= fits;
            if (fits < buffer.Length)
                throw new IOException("No space left on device");
        }
    }
}
