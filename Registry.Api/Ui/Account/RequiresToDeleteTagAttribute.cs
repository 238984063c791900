using Registry.Api.Oci;

namespace Registry.Api.Ui.Account;

/// <summary>States the right to delete the tag in the argument <c>tag</c>: the same as for OCI clients.</summary>
internal sealed class RequiresToDeleteTagAttribute : RequiresToDeleteAttribute
{
    /// <summary>Returns the tag that a request names; empty when it names none.</summary>
    public static string TagOf(HttpRequest request) => request.Query["tag"].ToString();

    /// <inheritdoc/>
    protected override string? ReferenceOf(HttpContext context) => TagOf(context.Request);
}
