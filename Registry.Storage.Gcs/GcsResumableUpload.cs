using System.Net;
using System.Runtime.ExceptionServices;
using Google;
using Google.Apis.Storage.v1;
using Google.Apis.Upload;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// One large upload, which Google's client sends chunk by chunk: whatever fails, it asks how much has arrived and sends
/// the rest. Only a session that is lost starts from the beginning. The object appears with the last byte.
/// </summary>
internal sealed class GcsResumableUpload(GcsClient client, string name, StagedBlob staged)
{
    /// <summary>Null before it began, and once its session is lost.</summary>
    private ObjectsResource.InsertMediaUpload? upload;

    /// <summary>How many bytes the service is known to have had, in this session or another.</summary>
    private long furthest;

    /// <param name="metadata">What is said of the object.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="cancellationToken">Cancels the call. What remains of the session vanishes after a week.</param>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<GcsWrite> RunAsync(GcsObject metadata, long generation, CancellationToken cancellationToken)
    {
        var retry = client.TransferRetry(isWrite: true);
        await using var content = staged.OpenRead();
        return await retry.RunAsync(
            async now =>
            {
                upload ??= await client.CreateUploadAsync(name, metadata, content, generation, now.Token);
                upload.ProgressChanged += Moved;
                try
                {
                    var write = await GcsException.GuardAsync(
                        $"upload of '{name}'", () => SendAsync(upload, now.Token), now.Token);
                    return write with { IsOutcomeUnknown = retry.IsOutcomeUnknown };
                }
                catch (GoogleApiException refused) when (refused.HttpStatusCode == HttpStatusCode.PreconditionFailed)
                {
                    return new GcsWrite(null, false, retry.IsOutcomeUnknown);
                }
                finally
                {
                    upload?.ProgressChanged -= Moved;
                }

                void Moved(IUploadProgress progress)
                {
                    if (progress.BytesSent <= furthest)
                        return;
                    furthest = progress.BytesSent;
                    retry.Progressed();
                    now.Moved();
                }
            },
            cancellationToken);
    }

    private async Task<GcsWrite> SendAsync(
        ObjectsResource.InsertMediaUpload current, CancellationToken cancellationToken)
    {
        // Begins the session where there is none yet.
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
                await client.DemandBucketAsync(cancellationToken);
                throw new GcsException(
                    StorageFault.Unavailable, $"The session of an upload of '{name}' was lost.", lost)
                {
                    IsTransient = true,
                    MayHaveBeenApplied = true,
                };
            default:
                ExceptionDispatchInfo.Throw(progress.Exception);
                return default;
        }
    }
}
