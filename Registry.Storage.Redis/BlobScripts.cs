namespace Registry.Storage.Redis;

/// <summary>
/// What happens to blobs and uploads atomically. Each changes nothing before what memory may be refused for, so that a
/// full server leaves no half.
/// </summary>
internal static class BlobScripts
{
    /// <summary>The epoch.</summary>
    public static RedisScript Epoch { get; } = new(writes: false, "return epoch()");

    /// <summary>KEYS: staged. ARGV: upload. Begins an upload.</summary>
    public static RedisScript Stage { get; } = new(writes: true, """
        return redis.call('ZADD', KEYS[1], text(present()), ARGV[1])
        """);

    /// <summary>
    /// KEYS: staged. ARGV: upload. Says that somebody still writes to it. 1, or 0 where it has been discarded.
    /// </summary>
    public static RedisScript Touch { get; } = new(writes: true, """
        if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
          return 0
        end
        redis.call('ZADD', KEYS[1], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// KEYS: staged, chunks, chunk. ARGV: upload, number of the chunk, bytes. 1, or 0 where the upload has been
    /// discarded.
    /// </summary>
    public static RedisScript Append { get; } = new(writes: true, """
        if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
          return 0
        end
        redis.call('SET', KEYS[3], ARGV[3])
        local count = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
        redis.call('HSET', KEYS[2], ARGV[1], text(math.max(count, ARGV[2] + 1)))
        redis.call('ZADD', KEYS[1], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// KEYS: head, blobs, staged, dropped, chunks, revision. ARGV: upload, name, length, number of chunks with the
    /// last, bytes of the last where it is not stored yet, time of the upload or nothing, what a chunk's key begins
    /// with. 1 where there was no head and 0 where there was one, the epoch, and the head's uploaded and revision; or
    /// nil where what was staged is not all there; where all is in the last chunk, nothing was. Chunks that lie there
    /// already and are whole stay, with those who read them: the new ones go.
    /// </summary>
    public static RedisScript Commit { get; } = new(writes: true, """
        local upload, count, tail = ARGV[1], tonumber(ARGV[4]), ARGV[5]
        local rest = #tail > 0 and 1 or 0
        local staged = count > rest
        if staged and (not redis.call('ZSCORE', KEYS[3], upload) or stored(ARGV[7], upload, count - rest) ~= ARGV[3] - #tail) then
          return false
        end
        local revision = revise(KEYS[6])
        local now = present()
        local old = redis.call('HMGET', KEYS[1], 'upload', 'chunks', 'length', 'uploaded')
        local kept = old[1] and old[3] == ARGV[3] and stored(ARGV[7], old[1], tonumber(old[2])) == tonumber(ARGV[3])
        if kept then
          remove(ARGV[7], upload, 0, count - rest)
        else
          if rest == 1 then
            redis.call('SET', ARGV[7] .. upload .. ':' .. text(count - 1), tail)
          end
          if old[1] then
            redis.call('ZADD', KEYS[4], text(now), old[1])
            redis.call('HSET', KEYS[5], old[1], old[2])
          end
          redis.call('HSET', KEYS[1], 'upload', upload, 'chunks', text(count), 'length', ARGV[3])
        end
        if staged then
          redis.call('ZREM', KEYS[3], upload)
          redis.call('HDEL', KEYS[5], upload)
        end
        -- Nothing here reads when it was touched. A registry of version 1.0 that runs beside this one collects by it.
        redis.call('HSET', KEYS[1], 'touched', text(now), 'revision', revision)
        if ARGV[6] ~= '' then
          redis.call('HSET', KEYS[1], 'uploaded', ARGV[6])
        elseif old[4] and tonumber(old[4]) >= now then
          redis.call('HINCRBY', KEYS[1], 'uploaded', 1)
        else
          redis.call('HSET', KEYS[1], 'uploaded', text(now))
        end
        redis.call('ZADD', KEYS[2], 0, ARGV[2])
        return {old[1] and 0 or 1, epoch(), redis.call('HGET', KEYS[1], 'uploaded'), revision}
        """);

    /// <summary>
    /// KEYS: head. ARGV: what a chunk's key begins with, first byte, how many bytes at most, size of a chunk. The head
    /// (length, uploaded, revision, upload) and bytes of the one chunk where they begin.
    /// </summary>
    public static RedisScript Open { get; } = new(writes: false, """
        local head = redis.call('HMGET', KEYS[1], 'length', 'uploaded', 'revision', 'upload')
        local offset, size = tonumber(ARGV[2]), tonumber(ARGV[4])
        head[5] = ''
        if head[4] and offset >= 0 and offset < tonumber(head[1]) then
          local from = offset % size
          head[5] = redis.call('GETRANGE', ARGV[1] .. head[4] .. ':' .. text((offset - from) / size), text(from), text(from + ARGV[3] - 1))
        end
        return head
        """);

    /// <summary>
    /// KEYS: head, blobs, dropped, chunks. ARGV: precondition, its revision, its epoch or nothing, name. 1 where it was
    /// deleted; 0 where there was none or the precondition does not hold; -1 where the epoch has ended. Its chunks stay
    /// for those who read them.
    /// </summary>
    public static RedisScript Delete { get; } = new(writes: true, """
        if ended(ARGV[3]) then
          return -1
        end
        local head = redis.call('HMGET', KEYS[1], 'revision', 'upload', 'chunks')
        if not head[1] or ARGV[1] == 'matches' and head[1] ~= ARGV[2] then
          return 0
        end
        redis.call('UNLINK', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[4])
        redis.call('ZADD', KEYS[3], text(present()), head[2])
        redis.call('HSET', KEYS[4], head[2], head[3])
        return 1
        """);

    /// <summary>
    /// KEYS: blobs. ARGV: what a head's key begins with, lowest and highest name, how many. Names, each followed by
    /// length, uploaded and revision.
    /// </summary>
    public static RedisScript List { get; } = new(writes: false, """
        local names = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
        local page = {}
        for i, name in ipairs(names) do
          local head = redis.call('HMGET', ARGV[1] .. name, 'length', 'uploaded', 'revision')
          page[4 * i - 3] = name
          for field = 1, 3 do
            page[4 * i - 3 + field] = head[field]
          end
        end
        return page
        """);

    /// <summary>
    /// KEYS: staged, chunks. ARGV: upload, what a chunk's key begins with. Discards an upload, unless that has happened
    /// or it was committed.
    /// </summary>
    public static RedisScript Discard { get; } = new(writes: true, """
        if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then
          return 0
        end
        remove(ARGV[2], ARGV[1], 0, tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0'))
        redis.call('HDEL', KEYS[2], ARGV[1])
        return 1
        """);

    /// <summary>
    /// KEYS: staged, dropped. ARGV: how long nobody wrote to them, how many at most. How many uploads it gave up, to be
    /// reclaimed at once.
    /// </summary>
    public static RedisScript Abandon { get; } = new(writes: true, """
        local uploads = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(present() - ARGV[1]), 'LIMIT', 0, ARGV[2])
        for _, upload in ipairs(uploads) do
          redis.call('ZREM', KEYS[1], upload)
          redis.call('ZADD', KEYS[2], 0, upload)
        end
        return #uploads
        """);

    /// <summary>
    /// KEYS: dropped, chunks. ARGV: since how long, how many chunks at most, what a chunk's key begins with. Frees
    /// chunks of one upload; 1 while there may be more.
    /// </summary>
    public static RedisScript Reclaim { get; } = new(writes: true, """
        local upload = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(present() - ARGV[1]), 'LIMIT', 0, 1)[1]
        if not upload then
          return 0
        end
        local count = tonumber(redis.call('HGET', KEYS[2], upload) or '0')
        local left = math.max(0, count - ARGV[2])
        remove(ARGV[3], upload, left, count)
        if left > 0 then
          redis.call('HSET', KEYS[2], upload, text(left))
        else
          redis.call('ZREM', KEYS[1], upload)
          redis.call('HDEL', KEYS[2], upload)
        end
        return 1
        """);
}
