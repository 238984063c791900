using System.Text;

namespace Registry.Core.Content;

/// <summary>Looks for one file while a tar passes by. Nothing else of the tar is copied.</summary>
internal sealed class TarFileFinder(FileSearch search) : ITarObserver, IDisposable
{
    private const int InitialBytes = 2048;

    private readonly byte[] name = Encoding.UTF8.GetBytes(search.Name);
    private readonly TarExtensions extensions = new();
    private readonly Candidate root = new();
    private readonly Candidate inFolder = new();

    /// <summary>The file whose data arrives; null while an extension arrives.</summary>
    private Candidate? current;

    private enum Place
    {
        Elsewhere,
        Root,
        Folder,
    }

    /// <summary>
    /// The result. A file at the top of the archive takes precedence: the archive is then a single folder, and files of
    /// this name in its subfolders do not count.
    /// </summary>
    public FoundFile Result
    {
        get
        {
            var (candidate, isRootless) = root.Count > 0 ? (root, true) : (inFolder, false);
            var outcome = candidate switch
            {
                { Count: 0 } => FileOutcome.Missing,
                { Count: > 1 } => FileOutcome.Ambiguous,
                { Bytes: null } => FileOutcome.TooLarge,
                _ => FileOutcome.Found,
            };
            return new FoundFile(
                outcome,
                isRootless,
                outcome == FileOutcome.Found ? candidate.Bytes!.WrittenMemory.ToArray() : ReadOnlyMemory<byte>.Empty);
        }
    }

    /// <inheritdoc/>
    public bool Begin(TarHeader header, ReadOnlySpan<byte> block)
    {
        current = null;
        if (header.ExtendsNext)
            return extensions.Begin(header);
        if (header.IsExtension)
            return false;
        var place = header.IsRegular ? PlaceOf(block) : Place.Elsewhere;
        extensions.Clear();
        if (place == Place.Elsewhere)
            return false;
        current = place == Place.Root ? root : inFolder;
        return current.Begin(header.DataBytes, search.MaxBytes);
    }

    /// <inheritdoc/>
    public bool Continue(ReadOnlySpan<byte> block) => false;

    /// <inheritdoc/>
    public void Data(ReadOnlySpan<byte> bytes)
    {
        if (current is null)
            extensions.Data(bytes);
        else
            current.Data(bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        extensions.Dispose();
        root.Dispose();
        inFolder.Dispose();
    }

    /// <summary>
    /// Splits a path at the first separator. A path with a backslash is a Windows path, as in Helm. <c>.</c> segments
    /// after the separator are skipped.
    /// </summary>
    private static Place PlaceOf(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        if (path.SequenceEqual(name))
            return Place.Root;
        if (!path.EndsWith(name))
            return Place.Elsewhere;
        var separator = path.Contains((byte)'\\') ? (byte)'\\' : (byte)'/';
        var rest = path[(path.IndexOf(separator) + 1)..];
        while (rest.Length > 2 && rest[0] == '.' && rest[1] == separator)
            rest = rest[2..];
        return rest.Length < path.Length && rest.SequenceEqual(name) ? Place.Folder : Place.Elsewhere;
    }

    private Place PlaceOf(ReadOnlySpan<byte> block) =>
        // The data of a sparse file in pax format is not its content.
        extensions.IsTooLarge || extensions.Pax.IndexOf("GNU.sparse."u8) >= 0
            ? Place.Elsewhere
            : PlaceOf(extensions.PathOf(block), name);

    /// <summary>The files at one place.</summary>
    private sealed class Candidate : IDisposable
    {
        public int Count { get; private set; }

        /// <summary>The content of the only file; null when it is too large, or there are several.</summary>
        public PooledBytes? Bytes { get; private set; }

        public bool Begin(long length, int maxBytes)
        {
            Dispose();
            if (++Count > 1 || length > maxBytes)
                return false;
            Bytes = new PooledBytes(InitialBytes);
            return true;
        }

        public void Data(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(Bytes!.GetSpan(bytes.Length));
            Bytes.Advance(bytes.Length);
        }

        public void Dispose()
        {
            Bytes?.Dispose();
            Bytes = null;
        }
    }
}
