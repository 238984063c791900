using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Creates the result of a validation from its errors.</summary>
internal static class ValidationResults
{
    /// <summary>Returns success if there are no errors.</summary>
    /// <param name="errors">The errors for the operator, one sentence each.</param>
    public static ValidateOptionsResult Of(IEnumerable<string> errors)
    {
        List<string> all = [.. errors];
        return all.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(all);
    }
}
