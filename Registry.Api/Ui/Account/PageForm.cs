using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Errors;

namespace Registry.Api.Ui.Account;

/// <summary>A form that a page has sent.</summary>
internal sealed class PageForm
{
    /// <summary>The largest form, in bytes: a token with every character escaped, or 100 scopes.</summary>
    private const int MaxBytes = 8 * Credentials.MaxSecretLength;

    private const int MaxFields = 16;

    private readonly Dictionary<string, StringValues> fields;

    private PageForm(Dictionary<string, StringValues> fields) => this.fields = fields;

    /// <summary>Returns a field without the white space around it; empty when the form does not have it.</summary>
    public string this[string name] => fields.GetValueOrDefault(name).ToString().Trim();

    /// <summary>Reads the form of a request.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the body is not a form. <see cref="ErrorCode.RequestTooLarge"/>.
    /// </exception>
    public static async Task<PageForm> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = context.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            throw new RegistryException(
                ErrorCode.InvalidUsage, "The body is not a form; expected application/x-www-form-urlencoded.");
        var body = await SmallBody.ReadAsync(request, MaxBytes, cancellationToken)
            ?? throw new RegistryException(
                ErrorCode.RequestTooLarge, $"The form is larger than {MaxBytes} bytes.", ("limit", MaxBytes));
        try
        {
            using var reader = new FormReader(Encoding.UTF8.GetString(body.Span))
            {
                ValueCountLimit = MaxFields,
                ValueLengthLimit = MaxBytes,
            };
            return new PageForm(reader.ReadForm());
        }
        catch (InvalidDataException exception)
        {
            throw new RegistryException(ErrorCode.InvalidUsage, $"The form is malformed: {exception.Message}");
        }
    }
}
