using Grpc.Core;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;

namespace Registry.Tests.Unit.Storage;

public sealed class EtcdErrorsTests
{
    [TestCase(8, "etcdserver: mvcc: database space exceeded", StorageFault.Full)]
    [TestCase(8, "etcdserver: too many requests", StorageFault.Throttled)]
    [TestCase(3, "etcdserver: request is too large", StorageFault.Denied)]
    [TestCase(8, "grpc: received message larger than max (2097153 vs. 2097152)", StorageFault.Denied)]
    [TestCase(14, "etcdserver: request timed out", StorageFault.Unavailable)]
    [TestCase(14, "etcdserver: leader changed", StorageFault.Unavailable)]
    [TestCase(14, "etcdserver: no leader", StorageFault.Unavailable)]
    [TestCase(4, "context deadline exceeded", StorageFault.Unavailable)]
    [TestCase(1, "context canceled", StorageFault.Unavailable)]
    [TestCase(2, "something", StorageFault.Unavailable)]
    [TestCase(13, "something", StorageFault.Unavailable)]
    [TestCase(99, "something new", StorageFault.Unavailable)]
    [TestCase(7, "etcdserver: permission denied", StorageFault.Denied)]
    [TestCase(16, "etcdserver: invalid auth token", StorageFault.Denied)]
    [TestCase(3, "etcdserver: user name is empty", StorageFault.Denied)]
    [TestCase(3, "etcdserver: authentication failed, invalid user ID or password", StorageFault.Denied)]
    [TestCase(9, "etcdserver: authentication is not enabled", StorageFault.Denied)]
    [TestCase(12, "unknown service", StorageFault.Denied)]
    [TestCase(15, "etcdserver: corrupt cluster", StorageFault.Corrupt)]
    public void Every_etcd_error_is_mapped_and_keeps_its_message(int status, string message, StorageFault expected)
    {
        var fault = EtcdErrors.ToStorage(Error((StatusCode)status, message), changedNothing: false);
        Assert.That(fault.Kind, Is.EqualTo(expected));
        Assert.That(fault.Message, Does.Contain(message));
    }

    [Test]
    public void A_write_may_be_resent_only_if_it_certainly_changed_nothing()
    {
        (StatusCode Code, string Message, Exception? Cause, bool Expected)[] cases =
        [
            (
                StatusCode.Unavailable,
                "cannot be reached",
                new HttpRequestException(HttpRequestError.ConnectionError),
                true),
            (StatusCode.Unavailable, "etcdserver: no leader", null, true),
            (StatusCode.Unavailable, "etcdserver: request timed out", null, false),
            (
                StatusCode.Unavailable,
                "broke the connection",
                new HttpRequestException(HttpRequestError.ResponseEnded),
                false),
            (StatusCode.DeadlineExceeded, "did not respond in time", new OperationCanceledException(), false),
        ];
        foreach (var (code, message, cause, expected) in cases)
            Assert.That(EtcdErrors.ChangedNothing(Error(code, message, cause)), Is.EqualTo(expected), message);
    }

    [Test]
    public void An_unknown_or_outdated_token_requires_a_new_login()
    {
        Assert.That(
            EtcdErrors.RequiresLogin(Error(StatusCode.Unauthenticated, "etcdserver: invalid auth token")), Is.True);
        Assert.That(
            EtcdErrors.RequiresLogin(Error(StatusCode.InvalidArgument, "etcdserver: revision of auth store is old")),
            Is.True);
        Assert.That(
            EtcdErrors.RequiresLogin(Error(StatusCode.PermissionDenied, "etcdserver: permission denied")), Is.False);
    }

    private static RpcException Error(StatusCode code, string message, Exception? cause = null) =>
        new(new Status(code, message, cause));
}
