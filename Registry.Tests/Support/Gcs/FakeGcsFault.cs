namespace Registry.Tests.Support.Gcs;

/// <summary>What a request asks of the fake.</summary>
public enum FakeGcsOperation
{
    GetBucket,
    List,
    GetObject,
    GetMedia,
    Delete,
    Patch,
    Insert,
    StartSession,
    PutChunk,
    AskSession,
    CancelSession,
    Token,
    Metadata,
}

/// <summary>One request, as a test that decides on faults sees it.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Name">The object's name; empty where there is none.</param>
/// <param name="Number">How many requests of this operation there were, this one included.</param>
public readonly record struct FakeGcsCall(FakeGcsOperation Operation, string Name, int Number);

/// <summary>What happens instead of an answer, or after what was asked for was done.</summary>
public sealed record FakeGcsFault
{
    private FakeGcsFault()
    {
    }

    /// <summary>Resets the connection without doing anything.</summary>
    public static FakeGcsFault ResetBefore { get; } = new() { Resets = true };

    /// <summary>Does what was asked for, and resets the connection without an answer.</summary>
    public static FakeGcsFault ResetAfter { get; } = new() { Applies = true, Resets = true };

    /// <summary>Never answers, and does nothing.</summary>
    public static FakeGcsFault Hang { get; } = new() { Hangs = true };

    /// <summary>Gives media with one bit turned.</summary>
    public static FakeGcsFault Garble { get; } = new() { Applies = true, Garbles = true };

    /// <summary>Forgets the session of a resumable upload.</summary>
    public static FakeGcsFault LoseSession { get; } = new() { Applies = true, LosesSession = true };

    /// <summary>Takes the last bytes of a resumable upload, and makes the object only when it is asked again.</summary>
    public static FakeGcsFault Unfinished { get; } = new() { Applies = true, IsUnfinished = true };

    public bool Applies { get; private init; }

    public bool Resets { get; private init; }

    public bool Hangs { get; private init; }

    public bool Garbles { get; private init; }

    public bool LosesSession { get; private init; }

    public bool IsUnfinished { get; private init; }

    /// <summary>The status to answer with; null for that of the real answer.</summary>
    public int? Status { get; private init; }

    /// <summary>True for an answer that is not the service's.</summary>
    public bool IsPage { get; private init; }

    public string Reason { get; private init; } = "";

    public string? RetryAfter { get; init; }

    /// <summary>
    /// After so many bytes of the request's media the connection is reset; a session keeps those that came before. Null
    /// for all.
    /// </summary>
    public int? RequestBytes { get; private init; }

    /// <summary>What comes after <see cref="ResponseBytes"/> never comes, and the connection stays open.</summary>
    public bool Stalls { get; private init; }

    /// <summary>After so many bytes of the answer's body the connection is closed. Null for all.</summary>
    public int? ResponseBytes { get; private init; }

    /// <summary>Answers with a status, and does nothing.</summary>
    public static FakeGcsFault Answer(int status, string reason = "backendError") =>
        new() { Status = status, Reason = reason };

    /// <summary>Answers with a page as those of proxies are, and does nothing.</summary>
    public static FakeGcsFault Page(int status) => new() { Status = status, IsPage = true };

    /// <summary>Does what was asked for, and answers with a status as if not.</summary>
    public static FakeGcsFault AnswerAfter(int status, string reason = "backendError") =>
        new() { Applies = true, Status = status, Reason = reason };

    public static FakeGcsFault CutRequest(int bytes) => new() { Applies = true, Resets = true, RequestBytes = bytes };

    public static FakeGcsFault StallResponse(int bytes) =>
        new() { Applies = true, ResponseBytes = bytes, Stalls = true };

    public static FakeGcsFault CutResponse(int bytes) => new() { Applies = true, ResponseBytes = bytes };
}
