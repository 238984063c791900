using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.Api.Identities;

namespace Registry.Tests.Support;

/// <summary>An issuer of JSON Web Tokens: a server with TLS on loopback, and a key.</summary>
internal sealed class TestIssuer : IAsyncDisposable
{
    /// <summary>Keys that no issuer uses at the moment, to be reused: creating one takes up to a second.</summary>
    private static readonly ConcurrentBag<RSA> Keys = [];

    private readonly WebApplication app;
    private RSA key = TakeKey();
    private int keyNumber;

    private TestIssuer(WebApplication app) => this.app = app;

    /// <summary>The issuer, as its tokens name it.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Responds instead of the issuer; null for its own responses.</summary>
    public Func<HttpContext, Task>? Respond { get; set; }

    /// <summary>The number of requests for its keys.</summary>
    public int Fetches { get; private set; }

    /// <summary>The name of the current key.</summary>
    public string KeyId => $"key{keyNumber}";

    /// <summary>The public key in PEM form.</summary>
    public string PublicKey => key.ExportSubjectPublicKeyInfoPem();

    public static async Task<TestIssuer> StartAsync(TestAuthority authority)
    {
        var (certificateFile, keyFile) = authority.Issue("issuer", "localhost");
        using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(
                System.Net.IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(certificate)));
        var issuer = new TestIssuer(builder.Build());
        issuer.app.Run(issuer.RespondAsync);
        await issuer.app.StartAsync();
        var address = issuer.app.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        issuer.Address = $"https://localhost:{new Uri(address).Port}";
        await issuer.WarmUpAsync(authority);
        return issuer;
    }

    /// <summary>
    /// Returns settings with two rules: builders push and pull in their namespace, and readers have another audience.
    /// </summary>
    /// <param name="authority">The authority of the issuer's certificate.</param>
    public string[] Rules(TestAuthority authority) =>
    [
        $"--Auth:Oidc:0:Issuer={Address}",
        "--Auth:Oidc:0:Audience=registry",
        $"--Auth:Oidc:0:CaFile={authority.File}",
        "--Auth:Oidc:0:Claims:sub=system:serviceaccount:*:builder",
        "--Auth:Oidc:0:Scopes={namespace_path}/**=pull,push",
        $"--Auth:Oidc:1:Issuer={Address}",
        "--Auth:Oidc:1:Audience=other-registry",
        $"--Auth:Oidc:1:CaFile={authority.File}",
        "--Auth:Oidc:1:Claims:sub=system:serviceaccount:*:reader",
        "--Auth:Oidc:1:Scopes=readers/**=pull",
    ];

    /// <summary>Signs with a new key from now on.</summary>
    public void Rotate()
    {
        var old = key;
        key = TakeKey();
        keyNumber++;
        Keys.Add(old);
    }

    /// <summary>Returns a valid token for the audience <c>registry</c>, changed by a test.</summary>
    public string Token(Action<JsonObject>? claims = null, Action<JsonObject>? header = null)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var payload = new JsonObject
        {
            ["iss"] = Address,
            ["aud"] = "registry",
            ["sub"] = "system:serviceaccount:team:builder",
            ["namespace_path"] = "group/sub",
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + 600,
        };
        claims?.Invoke(payload);
        var head = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = KeyId };
        header?.Invoke(head);
        var signed = Encode(JsonSerializer.SerializeToUtf8Bytes(head)) + "."
            + Encode(JsonSerializer.SerializeToUtf8Bytes(payload));
        return $"{signed}.{Encode(Sign($"{head["alg"]}", System.Text.Encoding.ASCII.GetBytes(signed)))}";
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        Keys.Add(key);
    }

    /// <summary>
    /// Sends a first request, which compiles the code of both sides: on a busy machine, that takes longer than the
    /// registry waits for an issuer.
    /// </summary>
    private async Task WarmUpAsync(TestAuthority authority)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = IssuerKeys.TrustOnly(authority.File) },
        });
        await client.GetStringAsync($"{Address}/.well-known/openid-configuration");
    }

    /// <summary>Returns a key that no other issuer has.</summary>
    private static RSA TakeKey() => Keys.TryTake(out var key) ? key : RSA.Create(2048);

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>
    /// Signs with the public key as an HMAC secret, too: a verifier that confuses them lets anyone issue tokens.
    /// </summary>
    private byte[] Sign(string algorithm, byte[] data) => algorithm switch
    {
        "none" => [],
        "HS256" => HMACSHA256.HashData(System.Text.Encoding.ASCII.GetBytes(PublicKey), data),
        _ => key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
    };

    private Task RespondAsync(HttpContext context)
    {
        if (Respond is { } respond)
            return respond(context);
        if (context.Request.Path == "/.well-known/openid-configuration")
            return context.Response.WriteAsJsonAsync(
                new Dictionary<string, string> { ["issuer"] = Address, ["jwks_uri"] = $"{Address}/keys" });
        Fetches++;
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return context.Response.WriteAsJsonAsync(new
        {
            keys = new[]
            {
                new
                {
                    kty = "RSA",
                    use = "sig",
                    alg = "RS256",
                    kid = KeyId,
                    n = Encode(parameters.Modulus),
                    e = Encode(parameters.Exponent),
                },
            },
        });
    }
}
