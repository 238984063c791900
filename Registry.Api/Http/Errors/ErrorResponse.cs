namespace Registry.Api.Http.Errors;

/// <summary>An error response, before a protocol gives it its form.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">
/// The error for programs, such as <c>package-not-found</c>: a code of an <see cref="ErrorTable"/>.
/// </param>
/// <param name="Message">The error for people. Contains no exception text, local path or host name.</param>
internal sealed record ErrorResponse(int Status, string Code, string Message)
{
    /// <summary>What the error is about, by name; empty is sent as <c>{}</c>.</summary>
    public IReadOnlyList<(string Name, object? Value)> Details { get; init; } = [];

    /// <summary>Headers that belong to the error, such as <c>Retry-After</c>.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}
