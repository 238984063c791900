namespace Registry.Tests.Support.Gcs;

/// <summary>The preconditions of a request. Zero as a generation means that there is no object.</summary>
internal sealed record FakeGcsConditions(
    long? Generation, long? NotGeneration, long? Metageneration, long? NotMetageneration)
{
    public static FakeGcsConditions Of(FakeGcsRequest request) => new(
        request.Number("ifGenerationMatch"),
        request.Number("ifGenerationNotMatch"),
        request.Number("ifMetagenerationMatch"),
        request.Number("ifMetagenerationNotMatch"));

    /// <summary>Null when they hold. A read that must not match is told that nothing changed.</summary>
    public FakeGcsAnswer? Judge(FakeGcsObject? current, bool isRead)
    {
        var (generation, metageneration) = (current?.Generation ?? 0, current?.Metageneration ?? 0);
        if ((Generation is { } wanted && wanted != generation)
            || (Metageneration is { } wantedToo && wantedToo != metageneration))
            return FakeGcsAnswer.PreconditionFailed;
        return NotGeneration == generation || NotMetageneration == metageneration
            ? isRead ? FakeGcsAnswer.NotModified : FakeGcsAnswer.PreconditionFailed
            : null;
    }
}
