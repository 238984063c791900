namespace Registry.Api.Commands;

/// <summary>The exit codes of commands.</summary>
internal static class ExitCode
{
    /// <summary>The command succeeded, and nothing was found to be wrong.</summary>
    public const int Success = 0;

    /// <summary>The command failed or is incomplete, or it found something to be wrong.</summary>
    public const int Failure = 1;

    /// <summary>The arguments are invalid. Nothing was done.</summary>
    public const int Usage = 2;
}
