using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>A probe that always succeeds.</summary>
internal sealed class InMemoryProbe : IStorageProbe
{
    public string Name => "memory";

    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    public ValueTask ProbeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
