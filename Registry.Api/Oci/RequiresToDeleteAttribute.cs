using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Packages;

namespace Registry.Api.Oci;

/// <summary>
/// States the right to delete the reference of a request. Digests, and tags that are versions, need the right to
/// delete. Any other tag is a channel or a plain tag, which a push can move, so that the right to push is enough.
/// </summary>
/// <remarks>Only the name decides, whether or not the tag or the release exists.</remarks>
internal class RequiresToDeleteAttribute() : RequiresAttribute(AccessActions.Delete)
{
    private static readonly RequiresAttribute ToPush = new(AccessActions.Push);

    /// <inheritdoc/>
    public override RequiresAttribute For(HttpContext context) =>
        RightTo(ReferenceOf(context)) == AccessActions.Push ? ToPush : this;

    /// <summary>Returns the right to delete what a reference names.</summary>
    /// <param name="reference">The tag or digest; null and anything malformed need the higher right.</param>
    public static AccessActions RightTo(string? reference) =>
        TagName.TryParse(reference, out var tag)
            && !tag.TryGetRelease(out _)
            && !ReleaseTag.IsReserved(tag, out _, out _)
                ? AccessActions.Push
                : AccessActions.Delete;

    /// <summary>Returns the reference that a request names; null when it names none.</summary>
    protected virtual string? ReferenceOf(HttpContext context) => context.Request.RouteValues["reference"] as string;
}
