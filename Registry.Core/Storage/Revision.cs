namespace Registry.Core.Storage;

/// <summary>
/// Identifies one state of a document or blob. Opaque: only equality has a meaning. It changes on every write, even of
/// equal bytes, and never repeats, even when a key is deleted and created again.
/// </summary>
/// <param name="Value">A text defined by the backend.</param>
public readonly record struct Revision(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
