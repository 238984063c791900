namespace Registry.Core.Storage;

/// <summary>
/// The state of a document or blob at one moment. Opaque: only equality has a meaning. It changes on every write, even
/// of equal bytes, and a key that is deleted and created again never repeats one.
/// </summary>
/// <param name="Value">The backend's own text.</param>
public readonly record struct Revision(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
