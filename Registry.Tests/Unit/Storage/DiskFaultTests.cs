using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;

namespace Registry.Tests.Unit.Storage;

[Parallelizable(ParallelScope.All)]
public sealed class DiskFaultTests
{
    /// <summary>.NET reports EFBIG, the size limit of a volume such as FAT32, as a wrong argument.</summary>
    [Test]
    public void A_file_above_the_limit_of_the_volume_is_a_full_storage()
    {
        var failure = new ArgumentOutOfRangeException("value");
        Assert.That(Disk.IsFault(failure), Is.True);
        Assert.That(Disk.Fault("write", "file", failure).Kind, Is.EqualTo(StorageFault.Full));
    }
}
