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
    public const string Digest = "72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef";

    /// <summary>The length of the pushed chart, in bytes.</summary>
    public const int Size = 583;

    /// <summary>The id of the sample archive of KAR.</summary>
    public const string ArchiveId = "328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d";

    /// <summary>The length of the sample archive, in bytes.</summary>
    public const int ArchiveSize = 4952;

    /// <summary>The chart: a .tar.gz in base64.</summary>
    public const string Chart =
        "H4sIAGBoF1gAA+2XTY/aMBCGc86vGKlngk02iRpVq1aUQw+VKlr1bowhVp0P2QZp/33tZFkCy0dVAburnUdCBs/EMyR5XyfjgmkbPbBSBVeDONL0zo80S0h/bInTLKAxIUma"
        + "xkmSBoTSu3QUALleS1tWxjINELDKxvRE3rn4G6VipchBKGas5EYwzYuwqP1cYW1j8uFwKW2xmkW8LoePacPd9LXQRtZVDiQaRSScC8O1bGw7NelnwlQYu1gp+Nn9nFRLWYmw"
        + "ZLKy7uOWyUOAAXxjFYzrxUI8wCfJ2y+f50Ia38O9W98lqzb1VyENjP0dDI2u19KVBgYzZiTfq/w06LXkIgpf+rS/GkpWyYW7LGZ4vRpe41mWHNW/Y1//yYgEkFyvpS3vXP/b"
        + "678j6oFZ84vtCmf9P4n3rn9KKEH/vwWskb83/r2m4R9ZzXPnz61NhqWz2jmzzHvtoY0CQLGZ6LwYNhasn2cBFEJLy5Z+WxGqDE0juD+oqbV9NP1ufa6kqGy3nIvl8HFESC/e"
        + "CKH70biNGqEEt7U+3cdLn+pXyTH968vJ/6z+M0r39J+kNEP934KD+p+KRknO/CPcuK6srpVysru6G+iurMmB/rOoAawoG8Ws6PL6TXoON+rpN3uu4U2HHl73n1Y9gxNVAGTZ"
        + "/tOdYD6KaES3pTc2uFnvqcaPvgkei3oT/F93m06+fP0+icr5Re+qXc7pn9L9/Z+6SdT/Lfiw+6IUhvhOhSAIgiAIgiAIgiAIgiAIgiBvnr97lKMIACgAAA==";

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
        new ContentDescriptor(Helm, Core.Storage.Digest.Parse(Digest), Size, Core.Storage.Digest.Parse(Digest)),
        PushedAt,
        Metadata: null,
        PushId: "");
}
