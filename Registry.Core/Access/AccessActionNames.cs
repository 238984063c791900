namespace Registry.Core.Access;

/// <summary>The text form of <see cref="AccessActions"/>: <c>pull,push</c>.</summary>
public static class AccessActionNames
{
    private static readonly (AccessActions Action, string Name)[] Names =
    [
        (AccessActions.Pull, "pull"),
        (AccessActions.Push, "push"),
        (AccessActions.Delete, "delete"),
        (AccessActions.Admin, "admin"),
    ];

    /// <summary>Returns the names, separated by commas, always in the same order; empty for none.</summary>
    public static string Format(AccessActions actions) =>
        string.Join(',', Names.Where(known => actions.HasFlag(known.Action)).Select(static known => known.Name));

    /// <summary>Parses names separated by commas; false if there is none or one is unknown.</summary>
    public static bool TryParse(string text, out AccessActions actions)
    {
        ArgumentNullException.ThrowIfNull(text);
        actions = AccessActions.None;
        foreach (var name in text.Split(','))
        {
            var action = Array.Find(Names, known => known.Name == name).Action;
            if (action == AccessActions.None)
                return false;
            actions |= action;
        }

        return true;
    }
}
