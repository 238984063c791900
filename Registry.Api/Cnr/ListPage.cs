using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Core.Errors;

namespace Registry.Api.Cnr;

/// <summary>Which part of a list a client asks for: all of it, unless it says otherwise.</summary>
/// <param name="Limit">At most so many; null for all.</param>
/// <param name="After">Only what comes after this name, which need not be in the list; null from the beginning.</param>
internal sealed record ListPage(int? Limit, string? After)
{
    /// <summary>The most that one page may hold.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the limit is no number from 1 to <see cref="MaxLimit"/>.
    /// </exception>
    public static ListPage Of(string? limit, string? after)
    {
        if (limit is null)
            return new ListPage(null, after);
        return int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= MaxLimit
            ? new ListPage(number, after)
            : throw CnrErrors.NoLimit(limit);
    }

    /// <summary>
    /// Cuts the page out of what comes after <see cref="After"/>. Where there is more, <c>Link</c> says where the next
    /// page is.
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

    /// <summary>The address of the request with another <c>after</c>, below the same host.</summary>
    private static string Next(HttpRequest request, string last)
    {
        var query = request.Query.Where(static field => field.Key != "after")
            .SelectMany(static field => field.Value.Select(value => KeyValuePair.Create(field.Key, value)));
        return QueryHelpers.AddQueryString(
            request.PathBase + request.Path, query.Append(KeyValuePair.Create<string, string?>("after", last)));
    }
}
