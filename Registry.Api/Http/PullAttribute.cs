namespace Registry.Api.Http;

/// <summary>
/// States that a successful GET of an action is a pull: the client receives a package, an archive or a manifest. Lists,
/// metadata and the blobs of a manifest do not count.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PullAttribute : Attribute;
