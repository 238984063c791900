using System.Globalization;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Core.Errors;
using Registry.Core.Repositories;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Telemetry;

/// <summary>What the alerts are for exceeds their thresholds.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed partial class AlertThresholdTests
{
    [Test]
    public async Task Memory_that_new_transfers_wait_for_is_short()
    {
        const int UploadBytes = 300_000;
        var budget = new TransferBudget(
            new TransferOptions { BufferBytes = 16 << 20, Wait = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        Task waiting;
        do
            waiting = budget.Begin(static () => { }).ReserveAsync(UploadBytes, default).AsTask();
        while (waiting.IsCompleted);
        Assert.That((double)budget.Reserved / budget.Limit, Is.GreaterThan(ThresholdOf("RegistryTransferMemoryShort")));
        Assert.That(async () => await waiting, Throws.TypeOf<RegistryException>());
    }

    [Test]
    public async Task Uploads_of_which_a_client_cannot_begin_more_are_near_the_limit()
    {
        const int Limit = 100;
        var uploads = new InMemoryStorage().Uploads;
        var limit = new UploadLimit(uploads, Limit, TimeProvider.System);
        var client = Samples.Caller with { Scopes = Samples.Scopes("team/**=push") };
        try
        {
            while (true)
                await limit.BeginAsync(StoreKey.Of("packages", "team"), client, default);
        }
        catch (RegistryException refusal)
        {
            Assert.That(refusal.Code, Is.EqualTo(ErrorCode.TooManyUploads));
        }

        Assert.That(
            (double)await uploads.CountAsync(Limit, default) / Limit,
            Is.GreaterThan(ThresholdOf("RegistryUploadsNearLimit")));
    }

    private static double ThresholdOf(string alert)
    {
        var rule = Yaml.Read(Path.Combine(RegistryProcess.Root, "deploy", "monitoring", "alerts.yaml"))["groups"]!
            .AsArray().SelectMany(static group => group!["rules"]!.AsArray())
            .Single(rule => $"{rule!["alert"]}" == alert)!;
        return double.Parse(Threshold().Match($"{rule["expr"]}").Groups["value"].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"> (?<value>[\d.]+)\s*$")]
    private static partial Regex Threshold();
}
