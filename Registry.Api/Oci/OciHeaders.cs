namespace Registry.Api.Oci;

/// <summary>The names of headers that only the OCI distribution API has.</summary>
internal static class OciHeaders
{
    /// <summary>The digest of a blob or a manifest. Helm 3 cannot push without it.</summary>
    public const string ContentDigest = "Docker-Content-Digest";

    /// <summary>The version of the API.</summary>
    public const string Version = "Docker-Distribution-API-Version";

    /// <summary>The id of an upload session.</summary>
    public const string UploadId = "Docker-Upload-UUID";

    /// <summary>The filters of a list of referrers that were applied.</summary>
    public const string FiltersApplied = "OCI-Filters-Applied";

    /// <summary>The digest to which a pushed manifest refers as its subject.</summary>
    public const string Subject = "OCI-Subject";

    /// <summary>The tags that the push of a manifest by digest has set.</summary>
    public const string Tag = "OCI-Tag";
}
