using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Tests.Support;

/// <summary>A certificate authority for tests, with its PEM files in a temporary folder.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = TimeProvider.System.GetUtcNow();
        certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File = folder.Below("authority.pem");
        System.IO.File.WriteAllText(File, certificate.ExportCertificatePem());
    }

    /// <summary>The path of the authority's certificate.</summary>
    public string File { get; }

    /// <summary>Issues a certificate for a host, valid for servers and clients, with its key.</summary>
    public (string CertificateFile, string KeyFile) Issue(string name, string host)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension(
                [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var issued = request.Create(
            certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(
                key), certificate.NotBefore, certificate.NotAfter, RandomNumberGenerator.GetBytes(8));
        var (certificateFile, keyFile) = (folder.Below($"{name}.pem"), folder.Below($"{name}.key"));
        System.IO.File.WriteAllText(certificateFile, issued.ExportCertificatePem());
        System.IO.File.WriteAllText(keyFile, own.ExportECPrivateKeyPem());
        return (certificateFile, keyFile);
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
        folder.Dispose();
    }
}
