using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Storage.Etcd.Protocol;

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
    public void Every_error_of_etcd_has_a_meaning_and_keeps_its_words(int status, string message, StorageFault expected)
    {
        var fault = EtcdErrors.ToStorage(new GrpcException((GrpcStatus)status, message, reached: true));
        Assert.That(fault.Kind, Is.EqualTo(expected));
        Assert.That(fault.Message, Does.Contain(message));
    }

    [Test]
    public void A_write_may_be_sent_again_only_where_it_surely_changed_nothing()
    {
        (GrpcStatus Status, string Message, bool Reached, bool Expected)[] cases =
        [
            (GrpcStatus.Unavailable, "cannot be reached", false, true),
            (GrpcStatus.Unavailable, "etcdserver: no leader", true, true),
            (GrpcStatus.Unavailable, "etcdserver: request timed out", true, false),
            (GrpcStatus.Unavailable, "broke the connection", true, false),
            (GrpcStatus.DeadlineExceeded, "did not answer in time", true, false),
        ];
        foreach (var (status, message, reached, expected) in cases)
            Assert.That(EtcdErrors.ChangedNothing(new GrpcException(status, message, reached)), Is.EqualTo(expected), message);
    }

    [Test]
    public void A_login_is_made_again_for_a_token_that_is_unknown_or_older_than_a_change_of_the_users()
    {
        Assert.That(EtcdErrors.AsksForLogin(new GrpcException(GrpcStatus.Unauthenticated, "etcdserver: invalid auth token", true)), Is.True);
        Assert.That(EtcdErrors.AsksForLogin(new GrpcException(GrpcStatus.InvalidArgument, "etcdserver: revision of auth store is old", true)), Is.True);
        Assert.That(EtcdErrors.AsksForLogin(new GrpcException(GrpcStatus.PermissionDenied, "etcdserver: permission denied", true)), Is.False);
    }
}
