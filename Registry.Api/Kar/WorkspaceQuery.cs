using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Registry.Core.Errors;

namespace Registry.Api.Kar;

/// <summary>
/// Reads the argument <c>workspace</c> from the query string as Tornado 4.3 does: the last of several, <c>+</c> for a
/// space, escapes as UTF-8, control characters as spaces, trimmed. ASP.NET Core differs in most of these.
/// </summary>
internal static class WorkspaceQuery
{
    /// <summary>The name of the argument.</summary>
    public const string Name = "workspace";

    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The characters x00-x08 and x0e-x1f, without the white space between them.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static c => c is < 0x09 or > 0x0d).Select(static c => (char)c)]);

    /// <summary>Returns the decoded argument; null when it is absent.</summary>
    /// <param name="query">The query string as it was sent, with or without its question mark.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidUsage"/>: it is not UTF-8.</exception>
    public static string? Read(string? query)
    {
        string? last = null;
        foreach (var range in query.AsSpan().TrimStart('?').Split('&'))
        {
            var pair = query.AsSpan().TrimStart('?')[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            if (Unescape(name).SequenceEqual("workspace"u8))
                last = Decode(equals < 0 ? default : pair[(equals + 1)..]);
        }

        return last;
    }

    private static string Decode(ReadOnlySpan<char> value)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(Unescape(value));
        }
        catch (DecoderFallbackException)
        {
            throw new RegistryException(ErrorCode.InvalidUsage, "The workspace is not valid UTF-8.", ("field", Name));
        }

        if (text.AsSpan().ContainsAny(Controls))
            text = string.Create(
                text.Length, text, static (span, source) => source.AsSpan().ReplaceAny(span, Controls, ' '));
        return text.Trim();
    }

    /// <summary>
    /// Decodes a part of a query. A percent sign without two hex digits is kept.
    /// </summary>
    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var written = 0;
        while (!text.IsEmpty)
        {
            if (text is ['%', _, _, ..]
                && byte.TryParse(
                    text[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var escaped))
            {
                bytes[written++] = escaped;
                text = text[3..];
                continue;
            }

            var plain = text[0] == '+' ? 1 : 1 + Math.Max(0, PlainLength(text[1..]));
            if (text[0] == '+')
                bytes[written++] = (byte)' ';
            else
                written += Encoding.UTF8.GetBytes(text[..plain], bytes.AsSpan(written));
            text = text[plain..];
        }

        return bytes.AsSpan(0, written);
    }

    private static int PlainLength(ReadOnlySpan<char> text)
    {
        var next = text.IndexOfAny('%', '+');
        return next < 0 ? text.Length : next;
    }
}

/// <summary>
/// Binds a parameter to the decoded argument <c>workspace</c> of the query string; null when the client sent none.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class FromWorkspaceQueryAttribute : ModelBinderAttribute
{
    public FromWorkspaceQueryAttribute() : base(typeof(Binder))
    {
        BindingSource = BindingSource.Query;
        Name = WorkspaceQuery.Name;
    }

    private sealed class Binder : IModelBinder
    {
        public Task BindModelAsync(ModelBindingContext bindingContext)
        {
            bindingContext.Result =
                ModelBindingResult.Success(WorkspaceQuery.Read(bindingContext.HttpContext.Request.QueryString.Value));
            return Task.CompletedTask;
        }
    }
}
