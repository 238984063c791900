namespace Registry.Core.Content;

/// <summary>
/// A file to look for in an archive while it is uploaded. It is in one folder, as <c>app/NAME</c> or <c>./NAME</c>, or
/// in none, as <c>NAME</c>. Files in deeper folders do not count.
/// </summary>
/// <param name="Name">The name of the file.</param>
/// <param name="MaxBytes">The maximum size of its content, in bytes: more is not kept.</param>
public sealed record FileSearch(string Name, int MaxBytes);
