using System.Net;
using Google;
using Google.Apis.Auth.OAuth2.Responses;
using Newtonsoft.Json;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// One try of one request failed. It never leaves this project: <see cref="GcsRetry"/> makes a
/// <see cref="StorageException"/> of it.
/// </summary>
internal sealed class GcsException(StorageFault kind, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StorageFault Kind { get; } = kind;

    /// <summary>The status of the answer; null where there was none.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>True when another try may succeed.</summary>
    public bool IsTransient { get; init; }

    /// <summary>True when the request may have been carried out all the same.</summary>
    public bool MayHaveBeenApplied { get; init; }

    /// <summary>True when the time of the try was over before anything was answered.</summary>
    public bool IsLate { get; init; }

    /// <summary>How long the service asks to be left alone; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The connection failed, or nobody answered in time.</summary>
    /// <param name="what">The request, for the log.</param>
    /// <param name="sent">False when it is certain that the request was not sent.</param>
    /// <param name="inner">How it showed.</param>
    public static GcsException OfConnection(string what, bool sent, Exception inner) =>
        new(StorageFault.Unavailable, $"No answer to {what}: {inner.Message}", inner)
        {
            IsTransient = true,
            MayHaveBeenApplied = sent,
        };

    /// <summary>True for what the service answers where an object or a state of it is not there.</summary>
    public static bool IsRefusal(GoogleApiException answer) =>
        answer.HttpStatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed;

    /// <summary>
    /// Runs one request, or what reads its answer, and turns whatever HTTP and Google's libraries throw into
    /// <see cref="GcsException"/>. Refusals, as
    /// <see cref="IsRefusal"/> tells them, are let through: the caller judges them.
    /// </summary>
    /// <param name="what">The request, for the log.</param>
    /// <param name="call">What may fail.</param>
    /// <param name="cancellationToken">What <paramref name="call"/> is cancelled by.</param>
    public static async Task<T> GuardAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException failed)
        {
            var isSent = failed.HttpRequestError
                is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);
            throw OfConnection(what, isSent, failed);
        }
        catch (IOException failed)
        {
            throw OfConnection(what, sent: true, failed);
        }
        catch (OperationCanceledException failed) when (!cancellationToken.IsCancellationRequested)
        {
            // What times out by itself is connecting: nothing was sent.
            throw OfConnection(what, sent: false, failed);
        }
        catch (TokenResponseException failed)
        {
            var temporary = failed.StatusCode is null or >= HttpStatusCode.InternalServerError
                or HttpStatusCode.TooManyRequests;
            throw new GcsException(
                temporary ? StorageFault.Unavailable : StorageFault.Denied,
                $"No access token for {what}: {failed.Message}",
                failed)
            {
                IsTransient = temporary,
            };
        }
        catch (Exception failed)
            when (failed is System.Text.Json.JsonException or JsonException or GoogleApiException { HttpStatusCode: 0 })
        {
            throw new GcsException(
                StorageFault.Corrupt,
                $"Google Cloud Storage answered {what} with an answer that could not be parsed.",
                failed)
            {
                MayHaveBeenApplied = true,
            };
        }
        catch (GoogleApiException failed) when (!IsRefusal(failed))
        {
            throw new GcsException(
                StorageFault.Denied,
                $"Google Cloud Storage answered {what} with {(int)failed.HttpStatusCode}: {failed.Error?.Message}",
                failed)
            {
                Status = failed.HttpStatusCode,
            };
        }
        catch (Exception failed)
            when (failed is not (OperationCanceledException or GcsException or StorageException or GoogleApiException))
        {
            // Where an identity comes from a file, a program or another cloud, Google's library throws what it meets
            // there; and for an empty answer in place of a token, a NullReferenceException. So no kind is left out.
            throw new GcsException(StorageFault.Unavailable, $"{what} failed: {failed.Message}", failed)
            {
                IsTransient = true,
                MayHaveBeenApplied = true,
            };
        }
    }
}
