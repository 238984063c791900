namespace Registry.Api.Ui;

/// <summary>A command that the page offers to copy.</summary>
/// <param name="Label">What it does, such as <c>Install from the Helm repository</c>.</param>
/// <param name="Text">The command, of one line or several.</param>
internal sealed record Command(string Label, string Text);
