namespace Registry.Storage.Redis;

/// <summary>Which Redis keeps everything, and under which names: section <c>Redis</c> of the configuration.</summary>
public sealed class RedisOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Redis";

    /// <summary>
    /// <c>REDIS__CONFIGURATION</c>: <c>host:port</c> and, after commas, settings of StackExchange.Redis such as
    /// <c>password=…</c>, <c>ssl=true</c> or <c>defaultDatabase=1</c>. It may hold a secret: it is never logged.
    /// </summary>
    /// <value><c>localhost:6379</c></value>
    public string Configuration { get; set; } = "localhost:6379";

    /// <summary>
    /// <c>REDIS__PREFIX</c>: what every key begins with, so that several registries, and other users, can share one
    /// server.
    /// </summary>
    /// <value><c>registry:</c></value>
    public string Prefix { get; set; } = "registry:";

    /// <summary>
    /// <c>REDIS__DEADLINESECONDS</c>: how many seconds the server has for the answer to one call, connecting included.
    /// </summary>
    /// <value>5</value>
    public double DeadlineSeconds { get; set; } = 5;
}
