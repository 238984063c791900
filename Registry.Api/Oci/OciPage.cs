using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Core.Errors;

namespace Registry.Api.Oci;

/// <summary>The requested page of a list that is sorted by name; the whole list by default.</summary>
/// <param name="Size">The maximum number of entries; null for all.</param>
/// <param name="Last">The name after which the page starts, which need not be in the list; null for the start.</param>
internal sealed record OciPage(int? Size, string? Last)
{
    /// <summary>Parses the parameters.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidPageSize"/>: <paramref name="n"/> is not a whole number.
    /// </exception>
    public static OciPage Of(string? n, string? last)
    {
        if (n is null)
            return new OciPage(null, last);
        return ulong.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? new OciPage((int)Math.Min(size, int.MaxValue - 1), last)
            : throw OciErrors.InvalidPageSize(n);
    }

    /// <summary>Sets the <c>Link</c> header to the next page.</summary>
    /// <param name="response">The response.</param>
    /// <param name="address">The address of the list, without the host.</param>
    /// <param name="parameters">The parameters of the next page; those that are null are left out.</param>
    public static void Link(HttpResponse response, string address, params KeyValuePair<string, string?>[] parameters) =>
        response.Headers.Link = $"<{QueryHelpers.AddQueryString(address, parameters)}>; rel=\"next\"";

    /// <summary>
    /// Returns the page from the names after <see cref="Last"/>. When there are more, the <c>Link</c> header has the
    /// address of the next page.
    /// </summary>
    /// <param name="names">The names.</param>
    /// <param name="response">The response.</param>
    /// <param name="address">The address of the list, without the host.</param>
    public IEnumerable<string> Of(IEnumerable<string> names, HttpResponse response, string address)
    {
        if (Size is not { } size)
            return names;
        if (size == 0)
            return [];
        var page = names.Take(size + 1).ToList();
        if (page.Count > size)
        {
            page.RemoveAt(size);
            Link(
                response,
                address,
                KeyValuePair.Create("n", (string?)size.ToString(CultureInfo.InvariantCulture)),
                KeyValuePair.Create("last", (string?)page[^1]));
        }

        return page;
    }
}
