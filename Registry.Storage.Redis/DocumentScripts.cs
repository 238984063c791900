namespace Registry.Storage.Redis;

/// <summary>What happens to documents atomically.</summary>
internal static class DocumentScripts
{
    /// <summary>
    /// KEYS: document, documents, revision. ARGV: precondition (none, absent or matches), its revision, name, content. The new revision, or nil
    /// where the precondition does not hold. What is not longer than what it replaces needs no room: a full server takes it, as its first write frees
    /// memory and the others go with it.
    /// </summary>
    public static RedisScript Put { get; } = new(writes: true, """
        local current = redis.call('HGET', KEYS[1], 'revision')
        if ARGV[1] == 'absent' and current or ARGV[1] == 'matches' and current ~= ARGV[2] then
          return false
        end
        if current and #ARGV[4] <= redis.call('HSTRLEN', KEYS[1], 'content') then
          redis.call('HDEL', KEYS[1], 'content')
        end
        local revision = revise(KEYS[3])
        redis.call('HSET', KEYS[1], 'content', ARGV[4], 'revision', revision)
        redis.call('ZADD', KEYS[2], 0, ARGV[3])
        return revision
        """);

    /// <summary>KEYS: document, documents. ARGV: precondition, its revision, name. 1 where it was deleted, 0 where there was none or the precondition does not hold.</summary>
    public static RedisScript Delete { get; } = new(writes: true, """
        local current = redis.call('HGET', KEYS[1], 'revision')
        if not current or ARGV[1] == 'matches' and current ~= ARGV[2] then
          return 0
        end
        redis.call('UNLINK', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[3])
        return 1
        """);

    /// <summary>KEYS: documents. ARGV: what a document's key begins with, lowest and highest name, how many. Names, each followed by its revision.</summary>
    public static RedisScript List { get; } = new(writes: false, """
        local names = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
        local page = {}
        for i, name in ipairs(names) do
          page[2 * i - 1] = name
          page[2 * i] = redis.call('HGET', ARGV[1] .. name, 'revision')
        end
        return page
        """);
}
