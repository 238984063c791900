namespace Registry.Tests.Support;

/// <summary>The archive that ships with the KAR reference.</summary>
internal static class SampleArchive
{
    public const string Id = "328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d";

    public const int Length = 4952;

    public static async Task<byte[]> BytesAsync() =>
        await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "app.kploy"));
}
