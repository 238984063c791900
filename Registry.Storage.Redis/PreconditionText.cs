using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Converts a precondition to the arguments of the scripts.</summary>
internal static class PreconditionText
{
    public static RedisValue Word(this Precondition precondition) => precondition.Kind switch
    {
        PreconditionKind.None => "none",
        PreconditionKind.Absent => "absent",
        _ => "matches",
    };

    /// <summary>Returns the required epoch; empty for any.</summary>
    public static RedisValue EpochText(this Precondition precondition) => precondition.Epoch?.Value ?? "";

    public static RedisValue RevisionText(this Precondition precondition) => precondition.Revision.Value ?? "";
}
