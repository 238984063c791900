namespace Registry.Api.Commands;

/// <summary>How the program ends.</summary>
internal static class ExitCode
{
    /// <summary>It was done, and nothing is wrong.</summary>
    public const int Success = 0;

    /// <summary>It was not done, or not wholly, or something is wrong with what was looked at.</summary>
    public const int Failure = 1;

    /// <summary>The arguments cannot be used; nothing was tried.</summary>
    public const int Usage = 2;
}
