using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Registry.Core.Storage;

/// <summary>The name of a staged upload: the scope of the blob that it will become, and an id.</summary>
public readonly record struct UploadKey
{
    private const int IdBytes = 16;

    private readonly string? id;

    private UploadKey(StoreKey scope, string id) => (Scope, this.id) = (scope, id);

    /// <summary>The scope of the blob that it will become.</summary>
    public StoreKey Scope { get; init; }

    /// <summary>32 lower-case hexadecimal digits: 128 random bits, so that nobody can guess it.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Id => id ?? throw new InvalidOperationException("The default UploadKey has no id.");

    /// <summary>Returns a new key in a scope.</summary>
    public static UploadKey Create(StoreKey scope) =>
        new(scope, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)));

    /// <summary>Parses an id that a client sent; false when it is not one.</summary>
    public static bool TryParse(StoreKey scope, [NotNullWhen(true)] string? id, out UploadKey key)
    {
        var isId = id is { Length: 2 * IdBytes } && id.All(char.IsAsciiHexDigitLower);
        key = isId ? new UploadKey(scope, id!) : default;
        return isId;
    }

    /// <summary>Returns <c>scope/id</c>.</summary>
    public override string ToString() => $"{Scope.Value}/{Id}";
}
