using System.Net;
using Google;
using Google.Apis.Auth.OAuth2.Responses;
using Newtonsoft.Json;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// A failed attempt of a request. <see cref="GcsRetry"/> converts it to a <see cref="StorageException"/>, so it never
/// leaves this project.
/// </summary>
internal sealed class GcsException(StorageFault kind, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StorageFault Kind { get; } = kind;

    /// <summary>The HTTP status; null when there was no response.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>True when a retry may succeed.</summary>
    public bool IsTransient { get; init; }

    /// <summary>True when the request may have been applied nevertheless.</summary>
    public bool MayHaveBeenApplied { get; init; }

    /// <summary>True when the attempt timed out without a response.</summary>
    public bool IsTimedOut { get; init; }

    /// <summary>
    /// How long to wait before a retry, as requested by the service; null when it did not specify a time.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Returns the exception for a failed connection or a timeout.</summary>
    /// <param name="what">A description of the request, for the log.</param>
    /// <param name="sent">False when the request was certainly not sent.</param>
    /// <param name="inner">The cause.</param>
    public static GcsException OfConnection(string what, bool sent, Exception inner) =>
        new(StorageFault.Unavailable, $"No response to {what}: {inner.Message}", inner)
        {
            IsTransient = true,
            MayHaveBeenApplied = sent,
        };

    /// <summary>Returns true for 404 and 412: the object, or the required state of it, does not exist.</summary>
    public static bool IsRefusal(GoogleApiException exception) =>
        exception.HttpStatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed;

    /// <summary>
    /// Sends a request or reads its response, and converts exceptions of HTTP and of Google's libraries to
    /// <see cref="GcsException"/>. Rejections (<see cref="IsRefusal"/>) are passed on to the caller.
    /// </summary>
    /// <param name="what">A description of the request, for the log.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">The token that cancels <paramref name="call"/>.</param>
    public static async Task<T> GuardAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException exception)
        {
            var isSent = exception.HttpRequestError
                is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);
            throw OfConnection(what, isSent, exception);
        }
        catch (IOException exception)
        {
            throw OfConnection(what, sent: true, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Only connecting has its own timeout, so nothing was sent.
            throw OfConnection(what, sent: false, exception);
        }
        catch (TokenResponseException exception)
        {
            var temporary = exception.StatusCode is null or >= HttpStatusCode.InternalServerError
                or HttpStatusCode.TooManyRequests;
            throw new GcsException(
                temporary ? StorageFault.Unavailable : StorageFault.Denied,
                $"No access token for {what}: {exception.Message}",
                exception)
            {
                IsTransient = temporary,
            };
        }
        catch (Exception exception)
            when (exception is System.Text.Json.JsonException or JsonException
                or GoogleApiException { HttpStatusCode: 0 })
        {
            throw new GcsException(
                StorageFault.Corrupt,
                $"The response of Google Cloud Storage to {what} cannot be parsed.",
                exception)
            {
                MayHaveBeenApplied = true,
            };
        }
        catch (GoogleApiException exception) when (!IsRefusal(exception))
        {
            throw new GcsException(
                StorageFault.Denied,
                $"Google Cloud Storage returned {(int)exception.HttpStatusCode} for {what}: {exception.Error?.Message}",
                exception)
            {
                Status = exception.HttpStatusCode,
            };
        }
        catch (Exception exception)
            when (exception is not (OperationCanceledException or GcsException or StorageException
                or GoogleApiException))
        {
            // When the identity comes from a file, a program or another cloud, Google's library passes on any
            // exception, and it throws NullReferenceException for an empty token response. So every type is caught.
            throw new GcsException(StorageFault.Unavailable, $"{what} failed: {exception.Message}", exception)
            {
                IsTransient = true,
                MayHaveBeenApplied = true,
            };
        }
    }
}
