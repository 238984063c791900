namespace Registry.Api.Commands;

/// <summary>What a command takes beside settings of the registry, which every command takes. Case does not matter, as it does not in settings.</summary>
internal sealed record CommandSyntax
{
    /// <summary>What is there or not, such as <c>--overwrite</c>.</summary>
    public IReadOnlyList<string> Switches { get; init; } = [];

    /// <summary>What has a value, such as <c>--from filesystem</c> or <c>--from=filesystem</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>What is told by its place, such as <c>FILE</c>: each is required.</summary>
    public IReadOnlyList<string> Operands { get; init; } = [];
}
