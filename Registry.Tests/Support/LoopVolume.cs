using System.Diagnostics;
using NUnit.Framework;
using Registry.Api.Commands;

namespace Registry.Tests.Support;

/// <summary>
/// An ext4 volume in a file, mounted for one test. It writes nothing by itself within the test: only what was flushed
/// is in the file, so a copy of the file is what a power cut would leave.
/// </summary>
internal sealed class LoopVolume : IDisposable
{
    /// <summary>ext4 commits its journal every five seconds unless it is told a longer time.</summary>
    private const string Options = "loop,commit=300";

    private readonly TemporaryFolder folder = new();
    private bool mounted;

    private LoopVolume()
    {
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => folder.Below("volume");

    private string Image => folder.Below("image");

    /// <summary>Makes an empty volume, and mounts it. Skips the test where that is not allowed.</summary>
    public static LoopVolume Create()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Ignore("Mounting a volume takes root.");
        var volume = new LoopVolume();
        try
        {
            using (var image = File.Create(volume.Image))
                image.SetLength(64 << 20);
            Demand(Run("mkfs.ext4", "-q", "-F", volume.Image));
            if (volume.Mount() is { } refusal)
                Assert.Ignore($"This machine mounts no loop device: {refusal}");
            return volume;
        }
        catch
        {
            volume.Dispose();
            throw;
        }
    }

    /// <summary>The volume as a power cut at this moment would leave it, mounted elsewhere.</summary>
    public LoopVolume AfterPowerCut()
    {
        var copy = new LoopVolume();
        try
        {
            Demand(Run("cp", "--sparse=always", Image, copy.Image));
            Demand(copy.Mount());
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Stops every write until the answer is disposed.</summary>
    public IDisposable Freeze()
    {
        Demand(Run("fsfreeze", "--freeze", Path));
        return new Thaw(Path);
    }

    public void Dispose()
    {
        if (mounted)
            Demand(Run("umount", Path));
        mounted = false;
        folder.Dispose();
    }

    /// <returns>Why it could not be mounted; null when it was.</returns>
    private string? Mount()
    {
        Directory.CreateDirectory(Path);
        var refusal = Run("mount", "-o", Options, Image, Path);
        mounted = refusal is null;
        return refusal;
    }

    /// <returns>What the program said when it failed; null when it did not.</returns>
    private static string? Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };

        // These programs are in sbin, which is not on everybody's path.
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"{program} exited with {process.ExitCode}: {said}";
    }

    private static void Demand(string? refusal) => Assert.That(refusal, Is.Null);

    private sealed class Thaw(string path) : IDisposable
    {
        private bool thawed;

        public void Dispose()
        {
            if (!thawed)
                Demand(Run("fsfreeze", "--unfreeze", path));
            thawed = true;
        }
    }
}
