using System.Text.Json.Nodes;
using Registry.Api.Health;
using static Registry.Api.Health.HealthController;

namespace Registry.Api.OpenApi;

/// <summary>The notes on what an orchestrator asks.</summary>
internal static class HealthOperations
{
    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        (
            typeof(HealthController),
            nameof(HealthController.Alive),
            Of("CheckAlive", AliveStatus) with { Stored = false }),
        (typeof(HealthController), nameof(HealthController.ReadyAsync), Of("CheckReady", ReadyStatus)),
    ];

    private static OperationNotes Of(string name, string status) => new(name)
    {
        Answer = _ => new JsonObject { ["status"] = status },
        Shape = _ => (
            "Health",
            ObjectSchemas.Object(
                "The answer to a health check.", new() { ["status"] = ObjectSchemas.OneOf(AliveStatus, ReadyStatus) })),
        Tagged = false,
    };
}
