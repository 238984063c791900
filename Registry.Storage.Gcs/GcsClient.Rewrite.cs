using System.Net;
using Google;
using Google.Apis.Storage.v1.Data;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

internal sealed partial class GcsClient
{
    /// <summary>Copies one generation of an object within the bucket.</summary>
    /// <param name="source">The name of the object to copy.</param>
    /// <param name="sourceGeneration">The generation to copy.</param>
    /// <param name="name">The name of the copy.</param>
    /// <param name="metadata">The metadata of the copy, which replaces that of the source.</param>
    /// <param name="generation">The generation to replace; 0 if the copy must not exist.</param>
    /// <param name="repeatsUnknown">Whether an attempt that may have been applied is followed by another.</param>
    /// <param name="cancellationToken">Cancels the call after the response to the current attempt.</param>
    /// <returns>The result; null when the generation to copy does not exist.</returns>
    public async Task<GcsWrite?> RewriteAsync(
        string source,
        long sourceGeneration,
        string name,
        GcsObject metadata,
        long generation,
        bool repeatsUnknown,
        CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        var retry = TransferRetry(isWrite: true, repeatsUnknown);
        for (string? token = null; ; retry.Reset())
        {
            var (reply, refusal) = await retry.SettleAsync(TryAsync, cancellationToken);
            if (refusal is not null)
                return refusal.HttpStatusCode == HttpStatusCode.NotFound
                    && await IsGoneAsync(source, sourceGeneration, refusal, cancellationToken)
                        ? null
                        : new GcsWrite(null, false, retry.IsOutcomeUnknown);
            if (reply!.Done == true)
                return new GcsWrite(reply.Resource, true, retry.IsOutcomeUnknown);
            token = reply.RewriteToken;

            async Task<(RewriteResponse? Reply, GoogleApiException? Refusal)> TryAsync(GcsAttempt attempt)
            {
                var request = storage.Service.Objects.Rewrite(metadata, bucket, source, bucket, name);
                (request.SourceGeneration, request.IfGenerationMatch) = (sourceGeneration, generation);
                (request.RewriteToken, request.MaxBytesRewrittenPerCall) = (token, options.RewriteBytes);
                request.Fields = $"done,rewriteToken,resource({GcsMetadata.Fields})";
                try
                {
                    return (
                        await GcsException.GuardAsync(
                            $"copy of '{source}'", () => request.ExecuteAsync(attempt.Token), attempt.Token),
                        null);
                }
                catch (GoogleApiException exception)
                {
                    return (null, exception);
                }
            }
        }
    }

    /// <summary>
    /// Returns true when a 404 of a copy concerns the source, and throws when it concerns the bucket or nothing.
    /// </summary>
    private async Task<bool> IsGoneAsync(
        string source, long generation, GoogleApiException refusal, CancellationToken cancellationToken)
    {
        if (IsMissingObject(MessageOf(refusal)))
            return true;
        await RequireBucketAsync(cancellationToken);
        return (await FindAsync(source, cancellationToken))?.Generation != generation
            ? true
            : throw new StorageException(
                StorageFault.Unavailable,
                $"Google Cloud Storage returned 404 for a copy of '{source}', although the object exists.");
    }
}
