namespace Registry.Api.Http.Errors;

/// <summary>An error as it goes to a client, whichever API it came from.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">
/// The error for programs, such as <c>package-not-found</c>: one of <see cref="ErrorTable"/>.
/// </param>
/// <param name="Message">The error for people; holds no exception text, path or host of ours.</param>
internal sealed record ErrorAnswer(int Status, string Code, string Message)
{
    /// <summary>What the error is about, by name; empty is sent as <c>{}</c>.</summary>
    public IReadOnlyList<(string Name, object? Value)> Details { get; init; } = [];

    /// <summary>Headers that belong to the error, such as <c>Retry-After</c>.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}
