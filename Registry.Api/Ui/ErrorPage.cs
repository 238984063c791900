using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Api.Access;
using Registry.Api.Http.Errors;
using Registry.Core.Access;

namespace Registry.Api.Ui;

/// <summary>Writes an error as a page. The action that failed, if there was any, is over.</summary>
internal static class ErrorPage
{
    /// <summary>Writes the page with its status. The headers of the error have been set.</summary>
    public static Task WriteAsync(HttpContext context, ErrorResponse error)
    {
        var lacking = error.Details.FirstOrDefault(static detail => detail.Name == AccessErrors.Scopes).Value;
        var model = new ErrorModel(
            error.Status,
            ReasonPhrases.GetReasonPhrase(error.Status) is { Length: > 0 } reason ? reason : "Error",
            // The APIs say "log in" and "the caller", as their clients do.
            error.Message == AccessErrors.LoginRequired ? "Sign in: this page needs a token that allows it."
                : lacking is string[] scopes
                    ? $"Your token does not allow this: it needs the scope {string.Join(' ', scopes)}."
                : error.Message,
            SignIn: !context.RequestServices.GetRequiredService<AccessOptions>().RequiresScopes ? null
                : error.Status == StatusCodes.Status401Unauthorized ? "Sign in"
                : lacking is not null ? "Sign in with another token"
                : null);
        PageController.Protect(context.Response);
        var view = new ViewResult
        {
            ViewName = "Error",
            StatusCode = error.Status,
            ViewData = new ViewDataDictionary<ErrorModel>(new EmptyModelMetadataProvider(), new ModelStateDictionary())
            {
                Model = model,
            },
        };
        return context.RequestServices.GetRequiredService<IActionResultExecutor<ViewResult>>()
            .ExecuteAsync(new ActionContext(context, context.GetRouteData(), new ActionDescriptor()), view);
    }
}

/// <summary>An error page.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Reason">The reason phrase of the status.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="SignIn">The text of the link to the sign-in; null for no link.</param>
internal sealed record ErrorModel(int Status, string Reason, string Message, string? SignIn);
