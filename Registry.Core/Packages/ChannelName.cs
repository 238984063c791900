using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Registry.Core.Packages;

/// <summary>The name of a channel: <c>[A-Za-z0-9_][A-Za-z0-9._+-]{0,79}</c>; case matters.</summary>
public readonly partial record struct ChannelName
{
    private readonly string? value;

    private ChannelName(string value) => this.value = value;

    /// <summary>The name.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which names nothing.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default ChannelName names nothing.");

    /// <summary>Parses a name; false when it is invalid.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ChannelName channel)
    {
        channel = default;
        if (text is null || !Name.IsMatch(text))
            return false;
        channel = new ChannelName(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => value ?? "";

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,79}\z")]
    private static partial Regex Name { get; }
}
