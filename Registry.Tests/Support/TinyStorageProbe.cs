using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>A backend that has nothing to prove.</summary>
internal sealed class TinyStorageProbe : IStorageProbe
{
    public string Name => "memory";

    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    public ValueTask ProbeAsync(CancellationToken ct) => ValueTask.CompletedTask;
}
