using Registry.Api.Cnr;
using Registry.Core.Content;
using Registry.Core.Packages;

namespace Registry.Api.OpenApi;

/// <summary>
/// The data of the examples: one small Helm chart. After the example of a push, all other examples work with the
/// values that are filled in.
/// </summary>
internal static class Sample
{
    public const string Namespace = "hello";
    public const string Name = "elasticsearch";
    public const string FullName = Namespace + "/" + Name;
    public const string Release = "1.0.0";
    public const string MediaType = "helm";
    public const string Channel = "stable";

    /// <summary>The sha256 of the chart's tar.</summary>
    public const string Digest = "2f24f1050a5db20cc8054082a46309dc80c8085f5b4e6112e27aca5ff25524e7";

    /// <summary>The sha256 of the chart as it is pushed and pulled.</summary>
    public const string ChartDigest = "c347baef29ea5e48243c61e6dd56f46e3f3938011b1087a042967b0726f4f770";

    /// <summary>The file name of the chart in a Helm repository.</summary>
    public const string ChartFile = $"{Name}-{Release}.tgz";

    /// <summary>The length of the pushed chart, in bytes.</summary>
    public const int Size = 297;

    /// <summary>The id of an upload session of OCI.</summary>
    public const string UploadId = "14e0392deabf42404571380f30ba3ec5";

    /// <summary>The id of the sample archive of KAR.</summary>
    public const string ArchiveId = "328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d";

    /// <summary>The length of the sample archive, in bytes.</summary>
    public const int ArchiveSize = 4952;

    /// <summary>The chart: a .tar.gz in base64.</summary>
    public const string Chart =
        "H4sIAAAAAAACA+3UUUvDMBAH8D7nU9wXsEvarrq+ie8+KPh+dIcLtl1I4kDGvrtpizKHIMgYCv/fS9rrBRKud9JxiLYNwr7d"
        + "LO427GP+xn2XnZFO6qqa1uR01aYqMrMsta5KXYxxU17XZUY6u4DXENmno5zjkseX+yfY2SfxwW6HhnaFGriXhuT4p1C7j+8m"
        + "17lW7NznjpvcLFNoLaH11sUpdkvzPpLh2Q6iMvjDvpR6EaV3HUcJiyB+Z1s5yyz4qf8LU530f13WGv1/8f436sUO64Ye5+Kr"
        + "XiKvOXKjiObJsN9T/iCdcJD8PkXocFDBSTtmhBRv49aPz0RpTHyfTuS2PoY562p6aWiV6o5JAQAAAAAAAAAAAAAAAAAAAPAL"
        + "7wOpYDEAKAAA";

    private static readonly DateTimeOffset PushedAt =
        DateTimeOffset.UnixEpoch.AddSeconds(1_795_306_326).AddMicroseconds(203_269);

    /// <summary>The time of the push, in the format of CNR.</summary>
    public static string CreatedAt { get; } = CnrTime.Format(PushedAt);

    /// <summary>The package.</summary>
    public static PackageName Package { get; } =
        PackageName.TryCreate(Namespace, Name, out var package) ? package : throw new FormatException(FullName);

    /// <summary>The channel of the release.</summary>
    public static ChannelName ChannelName { get; } =
        ChannelName.TryParse(Channel, out var channel) ? channel : throw new FormatException(Channel);

    /// <summary>The media type.</summary>
    public static MediaType Helm { get; } =
        Core.Content.MediaType.TryParse(MediaType, out var helm) ? helm : throw new FormatException(MediaType);

    /// <summary>The manifest of the release.</summary>
    public static Manifest Manifest { get; } = new(
        Core.Versions.Release.Parse(Release),
        new ContentDescriptor(
            Helm, Core.Storage.Digest.Parse(ChartDigest), Size, Core.Storage.Digest.Parse(Digest)),
        PushedAt,
        Metadata: null,
        PushId: "");
}
