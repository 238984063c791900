using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Core.Errors;

namespace Registry.Api.Cnr;

/// <summary>The requested page of a list; the whole list by default.</summary>
/// <param name="Limit">The maximum number of entries; null for all.</param>
/// <param name="After">
/// The name after which the page starts, which need not be in the list; null for the start of the list.
/// </param>
internal sealed record ListPage(int? Limit, string? After)
{
    /// <summary>The maximum number of entries of a page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Parses the parameters.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the limit is not a number from 1 to <see cref="MaxLimit"/>.
    /// </exception>
    public static ListPage Of(string? limit, string? after)
    {
        if (limit is null)
            return new ListPage(null, after);
        return int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= MaxLimit
            ? new ListPage(number, after)
            : throw CnrErrors.InvalidLimit(limit);
    }

    /// <summary>
    /// Returns the page from the entries after <see cref="After"/>. When there are more, the <c>Link</c> header has the
    /// address of the next page.
    /// </summary>
    public IEnumerable<T> Of<T>(IEnumerable<T> values, Func<T, string> nameOf, HttpContext context)
    {
        if (Limit is not { } limit)
            return values;
        var page = values.Take(limit + 1).ToList();
        if (page.Count > limit)
        {
            page.RemoveAt(limit);
            context.Response.Headers.Link = $"<{Next(context.Request, nameOf(page[^1]))}>; rel=\"next\"";
        }

        return page;
    }

    /// <summary>Returns the address of the request with another <c>after</c>, without the host.</summary>
    private static string Next(HttpRequest request, string last)
    {
        var query = request.Query.Where(static field => field.Key != "after")
            .SelectMany(static field => field.Value.Select(value => KeyValuePair.Create(field.Key, value)));
        return QueryHelpers.AddQueryString(
            request.PathBase + request.Path, query.Append(KeyValuePair.Create<string, string?>("after", last)));
    }
}
