using System.Diagnostics;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>
/// An ext4 volume in an image file, mounted for one test. The kernel writes nothing back on its own during the test:
/// the image holds only what was flushed, so a copy of it is the state after a power cut.
/// </summary>
internal sealed class LoopVolume : IDisposable
{
    /// <summary>Sets the commit interval of the journal, which is five seconds by default.</summary>
    private const string Options = "loop,commit=300";

    private readonly TemporaryFolder folder = new();
    private bool mounted;

    private LoopVolume()
    {
    }

    /// <summary>The mount point.</summary>
    public string Path => folder.Below("volume");

    private string Image => folder.Below("image");

    /// <summary>Creates and mounts an empty volume. Skips the test where mounting is not allowed.</summary>
    public static LoopVolume Create()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Ignore("Mounting a volume requires root.");
        var volume = new LoopVolume();
        try
        {
            using (var image = File.Create(volume.Image))
                image.SetLength(64 << 20);
            Require(Run("mkfs.ext4", "-q", "-F", volume.Image));
            if (volume.Mount() is { } refusal)
                Assert.Ignore($"Loop devices cannot be mounted on this machine: {refusal}");
            return volume;
        }
        catch
        {
            volume.Dispose();
            throw;
        }
    }

    /// <summary>Mounts a copy of the volume as a power cut at this moment would leave it.</summary>
    public LoopVolume AfterPowerCut()
    {
        var copy = new LoopVolume();
        try
        {
            Require(Run("cp", "--sparse=always", Image, copy.Image));
            Require(copy.Mount());
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Blocks all writes until the result is disposed.</summary>
    public IDisposable Freeze()
    {
        Require(Run("fsfreeze", "--freeze", Path));
        return new Thaw(Path);
    }

    public void Dispose()
    {
        if (mounted)
            // A process that another test starts may inherit an open file of the volume until it executes its program.
            Require(Run("umount", "--lazy", Path));
        mounted = false;
        folder.Dispose();
    }

    /// <returns>The error if it could not be mounted; null on success.</returns>
    private string? Mount()
    {
        Directory.CreateDirectory(Path);
        var refusal = Run("mount", "-o", Options, Image, Path);
        mounted = refusal is null;
        return refusal;
    }

    /// <returns>The error output if the program failed; null on success.</returns>
    private static string? Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };

        // These programs are in sbin, which may not be on the PATH.
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"{program} exited with {process.ExitCode}: {errors}";
    }

    private static void Require(string? refusal) => Assert.That(refusal, Is.Null);

    private sealed class Thaw(string path) : IDisposable
    {
        private bool thawed;

        public void Dispose()
        {
            if (!thawed)
                Require(Run("fsfreeze", "--unfreeze", path));
            thawed = true;
        }
    }
}
