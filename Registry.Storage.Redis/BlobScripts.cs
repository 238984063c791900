namespace Registry.Storage.Redis;

/// <summary>
/// The scripts for blobs and uploads. The first write of each script is the one that may be rejected for lack of
/// memory, so that a full server leaves nothing half done.
/// </summary>
internal static class BlobScripts
{
    /// <summary>Returns the epoch.</summary>
    public static RedisScript Epoch { get; } = new(writes: false, "return epoch()");

    /// <summary>Begins an upload. KEYS: staged. ARGV: upload.</summary>
    public static RedisScript Stage { get; } = new(writes: true, """
        return redis.call('ZADD', KEYS[1], text(present()), ARGV[1])
        """);

    /// <summary>
    /// Records that an upload is active. KEYS: staged. ARGV: upload. Returns 1, or 0 when the upload has been
    /// discarded.
    /// </summary>
    public static RedisScript Touch { get; } = new(writes: true, """
        if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
          return 0
        end
        redis.call('ZADD', KEYS[1], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// Stores a chunk. KEYS: staged, chunks, chunk. ARGV: upload, chunk number, bytes. Returns 1, or 0 when the upload
    /// has been discarded.
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
    /// Commits an upload. KEYS: head, blobs, staged, dropped, chunks, revision. ARGV: upload, name, length, number of
    /// chunks including the last, bytes of the last chunk if it is not stored yet, upload time or empty, chunk key
    /// prefix. Returns 1 when the head is new or 0 when it existed, the epoch, and the uploaded and revision fields of
    /// the head. Returns nil when staged chunks are missing; a blob of one chunk has none. If the blob exists and its
    /// chunks are complete, they stay, so that its readers continue, and the new ones are removed.
    /// </summary>
    public static RedisScript Commit { get; } = new(writes: true, """
        local upload, count, tail = ARGV[1], tonumber(ARGV[4]), ARGV[5]
        local rest = #tail > 0 and 1 or 0
        local staged = count > rest
        if staged and (not redis.call('ZSCORE', KEYS[3], upload) or stored(ARGV[7], upload, count - rest) ~= ARGV[3] - #tail) then
          return false
        end
        local revision = revise(KEYS[6])
        local old = redis.call('HMGET', KEYS[1], 'upload', 'chunks', 'length', 'uploaded')
        local kept = old[1] and old[3] == ARGV[3] and stored(ARGV[7], old[1], tonumber(old[2])) == tonumber(ARGV[3])
        if kept then
          remove(ARGV[7], upload, 0, count - rest)
        else
          if rest == 1 then
            redis.call('SET', ARGV[7] .. upload .. ':' .. text(count - 1), tail)
          end
          if old[1] then
            redis.call('ZADD', KEYS[4], text(present()), old[1])
            redis.call('HSET', KEYS[5], old[1], old[2])
          end
          redis.call('HSET', KEYS[1], 'upload', upload, 'chunks', text(count), 'length', ARGV[3])
        end
        if staged then
          redis.call('ZREM', KEYS[3], upload)
          redis.call('HDEL', KEYS[5], upload)
        end
        local uploaded = touch(KEYS[1], revision, ARGV[6], old[4])
        redis.call('ZADD', KEYS[2], 0, ARGV[2])
        return {old[1] and 0 or 1, epoch(), uploaded, revision}
        """);

    /// <summary>
    /// Touches a blob. KEYS: head, revision. ARGV: upload time or empty. Returns the epoch and the length, uploaded and
    /// revision fields of the head; nil when the blob does not exist.
    /// </summary>
    public static RedisScript TouchBlob { get; } = new(writes: true, """
        local old = redis.call('HMGET', KEYS[1], 'length', 'uploaded')
        if not old[1] then
          return false
        end
        local revision = revise(KEYS[2])
        return {epoch(), old[1], touch(KEYS[1], revision, ARGV[1], old[2]), revision}
        """);

    /// <summary>
    /// Copies chunks. KEYS: staged, chunks. ARGV: upload, the upload to copy, number of the first chunk, number of
    /// chunks, chunk key prefix. Returns 1; 0 when the upload has been discarded, or -1 when a chunk does not exist.
    /// </summary>
    public static RedisScript CopyChunks { get; } = new(writes: true, """
        if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
          return 0
        end
        local first, count = tonumber(ARGV[3]), tonumber(ARGV[4])
        for number = first, first + count - 1 do
          local chunk = redis.call('GET', ARGV[5] .. ARGV[2] .. ':' .. number)
          if not chunk then
            return -1
          end
          redis.call('SET', ARGV[5] .. ARGV[1] .. ':' .. number, chunk)
          redis.call('HSET', KEYS[2], ARGV[1], text(number + 1))
        end
        redis.call('ZADD', KEYS[1], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// Opens a blob. KEYS: head. ARGV: chunk key prefix, first byte, maximum number of bytes, chunk size. Returns the
    /// head (length, uploaded, revision, upload) and bytes of the chunk that contains the first byte.
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
    /// Deletes a blob. KEYS: head, blobs, dropped, chunks. ARGV: revision, required epoch or empty, name. Returns 1
    /// when the blob was deleted, 0 when it does not exist or has another revision, -1 when the epoch has ended. The
    /// chunks stay for active readers.
    /// </summary>
    public static RedisScript Delete { get; } = new(writes: true, """
        if ended(ARGV[2]) then
          return -1
        end
        local head = redis.call('HMGET', KEYS[1], 'revision', 'upload', 'chunks')
        if head[1] ~= ARGV[1] then
          return 0
        end
        redis.call('UNLINK', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[3])
        redis.call('ZADD', KEYS[3], text(present()), head[2])
        redis.call('HSET', KEYS[4], head[2], head[3])
        return 1
        """);

    /// <summary>
    /// Lists blobs. KEYS: blobs. ARGV: head key prefix, lowest and highest name, maximum number. Returns names, each
    /// followed by length, uploaded and revision.
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
    /// Discards an upload, unless it was discarded or committed. KEYS: staged, chunks. ARGV: upload, chunk key prefix.
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
    /// Abandons idle uploads, to be reclaimed at once. KEYS: staged, dropped. ARGV: idle time, maximum number. Returns
    /// the number of abandoned uploads.
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
    /// Removes chunks of one dropped upload. KEYS: dropped, chunks. ARGV: minimum age, maximum number of chunks, chunk
    /// key prefix. Returns 1 while there may be more.
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
