using System.Buffers;

namespace Registry.Core.Packages;

/// <summary>
/// The places of the manifests in the compressed stored form of an index. Manifests that a change does not affect are
/// copied from there to the next stored form.
/// </summary>
internal sealed class ManifestPlaces
{
    private readonly Manifest[] manifests;
    private readonly (long Start, long End)[] places;

    private ManifestPlaces(PackedJson packed, Manifest[] manifests, (long Start, long End)[] places) =>
        (Packed, this.manifests, this.places) = (packed, manifests, places);

    /// <summary>The compressed stored form.</summary>
    public PackedJson Packed { get; }

    /// <summary>Opens the stored form to copy from it, forward only.</summary>
    public Copier Open() => new(this);

    /// <summary>Successive manifests of a stored form.</summary>
    /// <param name="First">The number of the first.</param>
    /// <param name="Count">How many.</param>
    /// <param name="Places">The places of the manifests of the stored form.</param>
    public readonly record struct Run(int First, int Count, (long Start, long End)[] Places)
    {
        /// <summary>The offset of the first manifest in the JSON.</summary>
        public long Start => Places[First].Start;

        /// <summary>The offset after the last one.</summary>
        public long End => Places[First + Count - 1].End;
    }

    /// <summary>Copies manifests from a stored form.</summary>
    internal sealed class Copier(ManifestPlaces source) : IDisposable
    {
        private readonly PackedJsonReader reader = source.Packed.Open();
        private int next;

        /// <summary>Finds the longest run of manifests with which the given ones begin.</summary>
        /// <param name="manifests">Manifests in the order of an index, after those of earlier calls.</param>
        /// <returns>The run, which is empty when the first manifest is not in the stored form.</returns>
        public Run FindRun(ReadOnlySpan<Manifest> manifests)
        {
            while (next < source.manifests.Length && PackageIndex.IsBefore(source.manifests[next], manifests[0]))
                next++;
            var (first, count) = (next, 0);
            while (next < source.manifests.Length && count < manifests.Length
                && ReferenceEquals(source.manifests[next], manifests[count]))
                (next, count) = (next + 1, count + 1);
            return new Run(first, count, source.places);
        }

        /// <summary>Copies a run, with the commas between its manifests.</summary>
        /// <exception cref="InvalidDataException">The stored form is damaged.</exception>
        public void Copy(Run run, IBufferWriter<byte> target) => reader.CopyTo(target, run.Start, run.End);

        /// <inheritdoc/>
        public void Dispose() => reader.Dispose();
    }

    /// <summary>Collects the places of manifests, in order.</summary>
    internal sealed class Builder(int capacity = 0)
    {
        private readonly List<Manifest> manifests = new(capacity);
        private readonly List<(long Start, long End)> places = new(capacity);

        /// <summary>Adds a manifest.</summary>
        /// <param name="manifest">The manifest.</param>
        /// <param name="start">Its offset in the JSON.</param>
        /// <param name="end">The offset after it.</param>
        public void Add(Manifest manifest, long start, long end)
        {
            manifests.Add(manifest);
            places.Add((start, end));
        }

        /// <summary>Adds manifests that are copied from another stored form.</summary>
        /// <param name="copied">The manifests.</param>
        /// <param name="run">Where they are in the other stored form.</param>
        /// <param name="start">The offset of the first one in the JSON.</param>
        public void AddRun(ReadOnlySpan<Manifest> copied, Run run, long start)
        {
            var moved = start - run.Start;
            for (var i = 0; i < run.Count; i++)
                Add(copied[i], run.Places[run.First + i].Start + moved, run.Places[run.First + i].End + moved);
        }

        /// <summary>Returns the places.</summary>
        /// <param name="packed">The compressed stored form; null when it is not compressed.</param>
        /// <returns>The places; null without a compressed stored form.</returns>
        public ManifestPlaces? In(PackedJson? packed) =>
            packed is null ? null : new ManifestPlaces(packed, [.. manifests], [.. places]);
    }
}
