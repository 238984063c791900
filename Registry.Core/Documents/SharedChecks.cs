using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>
/// Tells whether cached documents are current. All waiting readers share one query of the change feed. Used where a
/// round trip to the storage costs more than the query itself (<see cref="IDocumentStore.SharesChecks"/>).
/// </summary>
/// <remarks>
/// A cached document carries a <em>stamp</em>: the number of answers that had been applied before its read or write
/// began. The document is current for a reader if the answer to a query that began after the reader arrived has been
/// applied, and no answer after the stamp names its key. Answers may be applied in any order: each names every change
/// since a point that earlier answers had reached, so together they leave no gap. An answer that cannot name the
/// changes invalidates all older stamps, and so does dropping the remembered names. The documents are then checked one
/// by one.
/// </remarks>
/// <param name="documents">Where the documents are stored.</param>
/// <param name="scope">The scope of the documents.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedChecks(IDocumentStore documents, StoreKey scope, TimeProvider time)
{
    /// <summary>
    /// The maximum number of queries in flight. With one, a reader would also wait for the answer before its own; with
    /// many, few readers would share each.
    /// </summary>
    private const int MaxInFlight = 4;

    /// <summary>The maximum number of names to remember, about 200 bytes each.</summary>
    private const int MaxNames = 10_000;

    /// <summary>
    /// How long readers wait for a query in flight to end. A storage that hangs must not delay a reader beyond the
    /// deadline of its own query.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(20);

    private readonly Lock gate = new();

    /// <summary>For each key that an answer named: the last such answer, and the revision that it gave.</summary>
    private readonly ConcurrentDictionary<StoreKey, Change> named = [];

    private TaskCompletionSource? next;
    private ChangeToken? token;
    private int inFlight;
    private long applied;
    private long oldest;

    /// <summary>The stamp of a read or write that begins now.</summary>
    public long Stamp => Volatile.Read(ref applied);

    /// <summary>Completes when a query that began after this call is answered.</summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public Task WaitForCheckAsync()
    {
        lock (gate)
        {
            if (next is { } waiting)
                return waiting.Task;
            var question = next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (inFlight < MaxInFlight)
                Start();
            else
                _ = StartLaterAsync(question);
            return question.Task;
        }
    }

    /// <summary>
    /// Whether a document is current, for a reader that has waited for <see cref="WaitForCheckAsync"/>. False if this
    /// is unknown.
    /// </summary>
    /// <param name="key">The document.</param>
    /// <param name="revision">Its cached revision.</param>
    /// <param name="stamp">The stamp of its read or write.</param>
    public bool IsCurrent(StoreKey key, Revision revision, long stamp)
    {
        // Names are dropped after the oldest usable stamp is raised, so they are read before it.
        var isNamed = named.TryGetValue(key, out var change);
        return stamp >= Volatile.Read(ref oldest)
            && (!isNamed || change.Answer <= stamp || change.Revision == revision);
    }

    private async Task StartLaterAsync(TaskCompletionSource question)
    {
        await Task.Delay(MaxWait, time);
        lock (gate)
        {
            if (next == question)
                Start();
        }
    }

    private void Start()
    {
        var question = next!;
        next = null;
        inFlight++;
        _ = RunAsync(question, token, applied);
    }

    private async Task RunAsync(TaskCompletionSource question, ChangeToken? since, long began)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Exception? failure = null;
        try
        {
            var changes = await documents.ChangesAsync(scope, since, CancellationToken.None);
            lock (gate)
                Apply(changes, began);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        lock (gate)
        {
            inFlight--;
            if (next is not null && inFlight < MaxInFlight)
                Start();
        }

        if (failure is null)
            question.SetResult();
        else
            question.SetException(failure);
    }

    private void Apply(DocumentChanges changes, long began)
    {
        var answer = applied + 1;
        if (changes.Keys is not { } keys || named.Count + keys.Count > MaxNames)
        {
            Volatile.Write(ref oldest, answer);
            named.Clear();
        }
        else
        {
            // If another answer was applied in the meantime, it may have contained a newer revision than this one.
            var revisions = began == applied ? changes.Revisions : null;
            foreach (var key in keys)
                named[key] = new Change(
                    answer, revisions is not null && revisions.TryGetValue(key, out var revision) ? revision : null);
        }

        token = changes.Token;
        Volatile.Write(ref applied, answer);
    }

    private readonly record struct Change(long Answer, Revision? Revision);
}
