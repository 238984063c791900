using System.Net;
using System.Runtime.ExceptionServices;
using Google;
using Google.Apis.Storage.v1;
using Google.Apis.Upload;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// A large upload, which Google's client sends in chunks. After a failure it queries how much has arrived and sends the
/// rest, which never creates the object twice. Only a lost session starts from the beginning. The object appears with
/// the last byte.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="name">The name of the object.</param>
/// <param name="staged">The staged bytes.</param>
/// <param name="repeatsUnknown">
/// Whether a session that was lost after its last byte may have arrived is followed by another.
/// </param>
/// <param name="waitsForAttempt">
/// Whether a cancellation waits for the current attempt, which sends all that is left.
/// </param>
internal sealed class GcsResumableUpload(
    GcsClient client, string name, StagedBlob staged, bool repeatsUnknown, bool waitsForAttempt)
{
    /// <summary>The upload; null before it has started and after its session was lost.</summary>
    private ObjectsResource.InsertMediaUpload? upload;

    /// <summary>The highest number of bytes confirmed by the service in any session.</summary>
    private long furthest;

    /// <summary>
    /// True when the last chunk of a session was sent, or only it is left, so that the object may have been created.
    /// </summary>
    private bool MayBeComplete => furthest + client.Options.UploadBufferBytes >= staged.Length;

    /// <summary>Runs the upload.</summary>
    /// <param name="metadata">The metadata of the object.</param>
    /// <param name="generation">The generation to replace; 0 if the object must not exist.</param>
    /// <param name="cancellationToken">Cancels the call. The service removes the session after a week.</param>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<GcsWrite> RunAsync(GcsObject metadata, long generation, CancellationToken cancellationToken)
    {
        var retry = client.TransferRetry(isWrite: true);
        await using var content = staged.OpenRead();
        return waitsForAttempt
            ? await retry.SettleAsync(TryAsync, cancellationToken)
            : await retry.RunAsync(TryAsync, cancellationToken);

        async Task<GcsWrite> TryAsync(GcsAttempt attempt)
        {
            upload ??= await client.CreateUploadAsync(name, metadata, content, generation, attempt.Token);
            upload.ProgressChanged += OnProgress;
            try
            {
                var write = await GcsException.GuardAsync(
                    $"upload of '{name}'", () => SendAsync(upload, attempt.Token), attempt.Token);
                return write with { IsOutcomeUnknown = retry.IsOutcomeUnknown };
            }
            catch (GoogleApiException exception) when (exception.HttpStatusCode == HttpStatusCode.PreconditionFailed)
            {
                return new GcsWrite(null, false, retry.IsOutcomeUnknown);
            }
            finally
            {
                upload?.ProgressChanged -= OnProgress;
            }

            void OnProgress(IUploadProgress progress)
            {
                if (progress.BytesSent <= furthest)
                    return;
                furthest = progress.BytesSent;
                retry.Reset();
                attempt.ReportProgress();
            }
        }
    }

    private async Task<GcsWrite> SendAsync(
        ObjectsResource.InsertMediaUpload current, CancellationToken cancellationToken)
    {
        // Starts the session if there is none.
        var progress = await current.ResumeAsync(cancellationToken);
        switch (progress)
        {
            case { Status: UploadStatus.Completed }:
                return new GcsWrite(current.ResponseBody, true, false);
            case
            {
                Exception: GoogleApiException { HttpStatusCode: HttpStatusCode.NotFound or HttpStatusCode.Gone } lost,
            }:
                upload = null;
                await client.RequireBucketAsync(cancellationToken);
                throw new GcsException(
                    StorageFault.Unavailable, $"The upload session of '{name}' was lost.", lost)
                {
                    IsTransient = repeatsUnknown || !MayBeComplete,
                    MayHaveBeenApplied = true,
                };
            default:
                ExceptionDispatchInfo.Throw(progress.Exception);
                return default;
        }
    }
}
