using System.Text.Json.Serialization;

namespace Registry.Api.Cnr.Push;

/// <summary>How metadata that came as text becomes JSON.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class MetadataJson : JsonSerializerContext;
