namespace Registry.Tests.Support.Gcs;

/// <summary>The operation of a request.</summary>
public enum FakeGcsOperation
{
    GetBucket,
    List,
    GetObject,
    GetMedia,
    Delete,
    Patch,
    Rewrite,
    Insert,
    StartSession,
    PutChunk,
    QuerySession,
    CancelSession,
    Token,
    Metadata,
}

/// <summary>A request, as passed to the fault callback.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Name">The object name, of a copy that of the new object; empty for none.</param>
/// <param name="Number">The number of requests of this operation so far, including this one.</param>
public readonly record struct FakeGcsCall(FakeGcsOperation Operation, string Name, int Number);

/// <summary>A fault that replaces a response, before or after the operation is carried out.</summary>
public sealed record FakeGcsFault
{
    private FakeGcsFault()
    {
    }

    /// <summary>Resets the connection without carrying out the operation.</summary>
    public static FakeGcsFault ResetBefore { get; } = new() { Resets = true };

    /// <summary>Carries out the operation and resets the connection without a response.</summary>
    public static FakeGcsFault ResetAfter { get; } = new() { Applies = true, Resets = true };

    /// <summary>
    /// Carries out the operation and closes the connection gracefully without a response, as a server that stops may
    /// do. HTTP clients then send a request without content again.
    /// </summary>
    public static FakeGcsFault CloseAfter { get; } = new() { Applies = true, Closes = true };

    /// <summary>Never responds and does nothing.</summary>
    public static FakeGcsFault Hang { get; } = new() { Hangs = true };

    /// <summary>Flips one bit of the media.</summary>
    public static FakeGcsFault Garble { get; } = new() { Applies = true, Corrupts = true };

    /// <summary>Loses the session of a resumable upload.</summary>
    public static FakeGcsFault LoseSession { get; } = new() { Applies = true, LosesSession = true };

    /// <summary>
    /// Accepts the last bytes of a resumable upload, but creates the object only on the next request.
    /// </summary>
    public static FakeGcsFault Unfinished { get; } = new() { Applies = true, IsUnfinished = true };

    public bool Applies { get; private init; }

    public bool Resets { get; private init; }

    public bool Closes { get; private init; }

    public bool Hangs { get; private init; }

    public bool Corrupts { get; private init; }

    public bool LosesSession { get; private init; }

    public bool IsUnfinished { get; private init; }

    /// <summary>The status of the response; null to keep the real one.</summary>
    public int? Status { get; private init; }

    /// <summary>Whether the response is an HTML page that does not come from the service.</summary>
    public bool IsPage { get; private init; }

    public string Reason { get; private init; } = "";

    public string? RetryAfter { get; init; }

    /// <summary>
    /// The number of bytes of the request's media after which the connection is reset; a session keeps the earlier
    /// bytes. Null for no limit.
    /// </summary>
    public int? RequestBytes { get; private init; }

    /// <summary>Whether the response stalls after <see cref="ResponseBytes"/> with the connection open.</summary>
    public bool Stalls { get; private init; }

    /// <summary>The number of bytes of the response after which the connection is closed. Null for no limit.</summary>
    public int? ResponseBytes { get; private init; }

    /// <summary>Returns a status without carrying out the operation.</summary>
    public static FakeGcsFault Respond(int status, string reason = "backendError") =>
        new() { Status = status, Reason = reason };

    /// <summary>Returns an HTML page, as proxies do, without carrying out the operation.</summary>
    public static FakeGcsFault Page(int status) => new() { Status = status, IsPage = true };

    /// <summary>Carries out the operation and then returns an error status.</summary>
    public static FakeGcsFault RespondAfter(int status, string reason = "backendError") =>
        new() { Applies = true, Status = status, Reason = reason };

    public static FakeGcsFault CutRequest(int bytes) => new() { Applies = true, Resets = true, RequestBytes = bytes };

    public static FakeGcsFault StallResponse(int bytes) =>
        new() { Applies = true, ResponseBytes = bytes, Stalls = true };

    public static FakeGcsFault CutResponse(int bytes) => new() { Applies = true, ResponseBytes = bytes };
}
