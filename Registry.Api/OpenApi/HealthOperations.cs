using System.Text.Json.Nodes;
using Registry.Api.Health;
using static Registry.Api.Health.HealthController;

namespace Registry.Api.OpenApi;

/// <summary>The notes on the health checks.</summary>
internal static class HealthOperations
{
    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        (
            typeof(HealthController),
            nameof(HealthController.Alive),
            Of("CheckAlive", AliveStatus) with { UsesStorage = false }),
        (typeof(HealthController), nameof(HealthController.ReadyAsync), Of("CheckReady", ReadyStatus)),
    ];

    private static OperationNotes Of(string name, string status) => new(name)
    {
        Example = _ => new JsonObject { ["status"] = status },
        Schema = static (document, _) => ObjectSchemas.Define(document, "Health", static () => ObjectSchemas.Object(
            "The result of a health check.", new() { ["status"] = ObjectSchemas.OneOf(AliveStatus, ReadyStatus) })),
        HasEntityTag = false,
    };
}
