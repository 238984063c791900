namespace Registry.Storage.Redis;

/// <summary>The options of the Redis storage: section <c>Redis</c> of the configuration.</summary>
public sealed class RedisOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Redis";

    /// <summary>
    /// The connection: <c>REDIS__CONFIGURATION</c>. <c>host:port</c> and, separated by commas, settings of
    /// StackExchange.Redis such as <c>password=…</c>, <c>ssl=true</c> or <c>defaultDatabase=1</c>. Never logged,
    /// because it may contain a password.
    /// </summary>
    /// <value><c>localhost:6379</c></value>
    public string Configuration { get; set; } = "localhost:6379";

    /// <summary>The prefix of every key, so that the server can be shared: <c>REDIS__PREFIX</c>.</summary>
    /// <value><c>registry:</c></value>
    public string Prefix { get; set; } = "registry:";

    /// <summary>The timeout of a call, including connecting, in seconds: <c>REDIS__DEADLINESECONDS</c>.</summary>
    /// <value>5</value>
    public double DeadlineSeconds { get; set; } = 5;
}
