namespace Registry.Storage.Redis;

/// <summary>The scripts for documents.</summary>
internal static class DocumentScripts
{
    /// <summary>
    /// Reads a document. KEYS: document, documents. ARGV: name. Returns its content and its revision, both nil if the
    /// document is named but lost; nil if there is no such document.
    /// </summary>
    public static RedisScript Get { get; } = new(writes: false, """
        local document = redis.call('HMGET', KEYS[1], 'content', 'revision')
        if not document[1] and not document[2] and not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
          return false
        end
        return document
        """);

    /// <summary>
    /// Reads the revision of a document. KEYS: document, documents. ARGV: name. Returns 0 if the document is named but
    /// lost; nil if there is no such document.
    /// </summary>
    public static RedisScript Stat { get; } = new(writes: false, """
        return redis.call('HGET', KEYS[1], 'revision') or redis.call('ZSCORE', KEYS[2], ARGV[1]) and 0
        """);

    /// <summary>
    /// Writes a document. KEYS: document, documents, revision, changes. ARGV: precondition (none, absent or matches),
    /// its revision, its epoch or empty, name, content. Returns the new revision, nil when the precondition did not
    /// hold, -1 when the epoch has ended. A full server accepts content that is not longer than what it replaces: the
    /// first write frees memory, and the later ones are then allowed.
    /// </summary>
    public static RedisScript Put { get; } = new(writes: true, """
        if ended(ARGV[3]) then
          return -1
        end
        local current = redis.call('HGET', KEYS[1], 'revision')
        if ARGV[1] == 'absent' and current or ARGV[1] == 'matches' and current ~= ARGV[2] then
          return false
        end
        if current and #ARGV[5] <= redis.call('HSTRLEN', KEYS[1], 'content') then
          redis.call('HDEL', KEYS[1], 'content')
        end
        local revision = revise(KEYS[3])
        redis.call('HSET', KEYS[1], 'content', ARGV[5], 'revision', revision)
        redis.call('ZADD', KEYS[2], 0, ARGV[4])
        changed(KEYS[4], ARGV[4], revision)
        return revision
        """);

    /// <summary>
    /// Deletes a document. KEYS: document, documents, revision, changes. ARGV: precondition, its revision, its epoch or
    /// empty, name. Returns 1 when the document was deleted, 0 when it did not exist or the precondition did not hold,
    /// -1 when the epoch has ended. Commands that free memory come first: a full server rejects commands that need
    /// memory only while the script has changed nothing.
    /// </summary>
    public static RedisScript Delete { get; } = new(writes: true, """
        if ended(ARGV[3]) then
          return -1
        end
        local current = redis.call('HGET', KEYS[1], 'revision')
        if not current or ARGV[1] == 'matches' and current ~= ARGV[2] then
          return 0
        end
        redis.call('UNLINK', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[4])
        changed(KEYS[4], ARGV[4], revise(KEYS[3]))
        return 1
        """);

    /// <summary>
    /// Lists documents. KEYS: documents. ARGV: document key prefix, lowest and highest name, maximum number. Returns
    /// names, each followed by its revision, or by nil for a document that is lost.
    /// </summary>
    public static RedisScript List { get; } = new(writes: false, """
        local names = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
        local page = {}
        for i, name in ipairs(names) do
          page[2 * i - 1] = name
          page[2 * i] = redis.call('HGET', ARGV[1] .. name, 'revision')
        end
        return page
        """);

    /// <summary>
    /// Reads documents. KEYS: documents. ARGV: document key prefix, lowest and highest name, maximum number, number of
    /// bytes after which to end. Returns names, each followed by its revision and content; empty when there are no
    /// more.
    /// </summary>
    public static RedisScript Read { get; } = new(writes: false, """
        local names = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
        local page = {}
        local bytes = 0
        for i, name in ipairs(names) do
          local document = redis.call('HMGET', ARGV[1] .. name, 'revision', 'content')
          page[3 * i - 2] = name
          page[3 * i - 1] = document[1]
          page[3 * i] = document[2]
          bytes = bytes + #(document[2] or '')
          if bytes >= tonumber(ARGV[5]) then
            break
          end
        end
        return page
        """);

    /// <summary>
    /// Reads the changes since a position. KEYS: revision, changes. ARGV: the history that the caller knows and its
    /// revision, both empty for none. Returns the history, the last revision, and the names that changed since, each
    /// followed by its revision or that of its delete; nil instead of the names when they are unknown. A history is one
    /// epoch with one set of changes. It is compared even if the last revision is the known one: a server that lost its
    /// last writes may be back at it, while the caller has cached what was lost.
    /// </summary>
    public static RedisScript Changes { get; } = new(writes: false, """
        local present = redis.call('GET', KEYS[1]) or '0'
        local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
        local history = (oldest[1] or '') .. epoch()
        if string.sub(oldest[1] or '', 1, 1) ~= '@' or ARGV[1] ~= history or tonumber(ARGV[2]) < tonumber(oldest[2])
          or tonumber(ARGV[2]) > tonumber(present) then
          return {history, present, false}
        end
        return {history, present, redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[2], '+inf', 'WITHSCORES')}
        """);
}
