using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>The result of a validation, from its errors.</summary>
internal static class ValidationResult
{
    /// <summary>Success when there are none.</summary>
    /// <param name="errors">A sentence each, for the operator.</param>
    public static ValidateOptionsResult Of(IEnumerable<string> errors)
    {
        List<string> all = [.. errors];
        return all.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(all);
    }
}
