using System.CommandLine;
using System.Globalization;
using Registry.Api.Tokens;
using Registry.Core.Tokens;

namespace Registry.Api.Commands;

/// <summary><c>token list</c>: lists all tokens, without their secrets.</summary>
internal sealed class TokenListCommand : TokenCommand
{
    private static readonly string[] Titles = ["ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "ISSUER"];

    private readonly Option<bool> json =
        CommandOptions.Switch("--json", "Write each token as one line of JSON, as the API returns it");

    public TokenListCommand()
        : base(
            "list",
            "List all tokens, without their secrets",
            """
            Lists expired tokens too, for 30 days. Days are UTC. A damaged token is named on standard error; 'token revoke'
            removes it.
            """,
            "0 all tokens are listed; 1 a token is damaged, or the storage failed; 2 usage error.")
    {
        Options.Add(Storage);
        Options.Add(json);
    }

    protected override async Task<int> RunAsync(
        ParseResult arguments, AccessTokens tokens, CommandConsole console, CancellationToken cancellationToken)
    {
        var (listed, unreadable) = await tokens.ListAsync(Caller, cancellationToken);
        if (arguments.GetValue(json))
            foreach (var token in listed)
                console.WriteOutput(TokenJson.Line(token));
        else
            WriteTable(console, [Titles, .. listed.Select(ColumnsOf)]);
        foreach (var (id, cause) in unreadable)
            await console.WriteErrorAsync($"Token {id} is not listed: {cause.Message.TrimEnd('.')}.");
        return unreadable.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static string[] ColumnsOf(AccessToken token) =>
    [
        token.Id.Value,
        token.Name.Value,
        token.Scopes.ToString(),
        Day(token.CreatedAt),
        token.ExpiresAt is { } expires ? Day(expires) : "never",
        token.LastUsed?.ToString("O", CultureInfo.InvariantCulture) ?? "-",
        token.Issuer,
    ];

    private static void WriteTable(CommandConsole console, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Titles.Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (var row in rows)
            console.WriteOutput(
                string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
