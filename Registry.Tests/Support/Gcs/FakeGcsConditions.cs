namespace Registry.Tests.Support.Gcs;

/// <summary>The preconditions of a request. Generation zero means that the object does not exist.</summary>
internal sealed record FakeGcsConditions(
    long? Generation, long? NotGeneration, long? Metageneration, long? NotMetageneration)
{
    public static FakeGcsConditions Of(FakeGcsRequest request) => new(
        request.Number("ifGenerationMatch"),
        request.Number("ifGenerationNotMatch"),
        request.Number("ifMetagenerationMatch"),
        request.Number("ifMetagenerationNotMatch"));

    /// <summary>Returns the preconditions of a copy on its source.</summary>
    public static FakeGcsConditions OfSource(FakeGcsRequest request) => new(
        request.Number("ifSourceGenerationMatch"),
        request.Number("ifSourceGenerationNotMatch"),
        request.Number("ifSourceMetagenerationMatch"),
        request.Number("ifSourceMetagenerationNotMatch"));

    /// <summary>Returns null if they hold. A read whose must-not-match condition fails gets 304.</summary>
    public FakeGcsResponse? Evaluate(FakeGcsObject? current, bool isRead)
    {
        var (generation, metageneration) = (current?.Generation ?? 0, current?.Metageneration ?? 0);
        if ((Generation is { } wanted && wanted != generation)
            || (Metageneration is { } wantedToo && wantedToo != metageneration))
            return FakeGcsResponse.PreconditionFailed;
        return NotGeneration == generation || NotMetageneration == metageneration
            ? isRead ? FakeGcsResponse.NotModified : FakeGcsResponse.PreconditionFailed
            : null;
    }
}
