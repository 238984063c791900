namespace Registry.Storage.Gcs;

/// <summary>The result of a write.</summary>
/// <param name="Object">The object after the write; null for a delete or a rejected write.</param>
/// <param name="IsDone">False when the precondition did not hold.</param>
/// <param name="IsOutcomeUnknown">
/// True when an earlier attempt may have been applied, which may itself be the reason of a rejection.
/// </param>
internal readonly record struct GcsWrite(GcsObject? Object, bool IsDone, bool IsOutcomeUnknown);
