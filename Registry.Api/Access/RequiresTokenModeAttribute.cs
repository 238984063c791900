namespace Registry.Api.Access;

/// <summary>A controller that exists only where requests need credentials (<c>AUTH__MODE=tokens</c>).</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RequiresTokenModeAttribute : Attribute;
