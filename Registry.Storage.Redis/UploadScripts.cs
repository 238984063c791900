namespace Registry.Storage.Redis;

/// <summary>
/// The scripts for staged uploads. The bytes of an append are chunks under the id of the append. The first write of
/// each script is the one that may be rejected for lack of memory, so that a full server leaves nothing half done.
/// </summary>
internal static class UploadScripts
{
    /// <summary>Begins an upload. KEYS: upload, uploads. ARGV: name.</summary>
    public static RedisScript Begin { get; } = new(writes: true, """
        redis.call('HSET', KEYS[1], 'length', '0')
        return redis.call('ZADD', KEYS[2], text(present()), ARGV[1])
        """);

    /// <summary>
    /// Begins an append. KEYS: upload, uploads, appends. ARGV: name, append. Returns 1, or 0 when the upload does not
    /// exist.
    /// </summary>
    public static RedisScript Stage { get; } = new(writes: true, """
        if redis.call('EXISTS', KEYS[1]) == 0 then
          return 0
        end
        redis.call('ZADD', KEYS[3], text(present()), ARGV[2])
        redis.call('ZADD', KEYS[2], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// Records that an append is active. KEYS: upload, uploads, appends. ARGV: name, append. Returns 1, or 0 when the
    /// upload or the append has been discarded.
    /// </summary>
    public static RedisScript Refresh { get; } = new(writes: true, """
        if redis.call('EXISTS', KEYS[1]) == 0 or not redis.call('ZSCORE', KEYS[3], ARGV[2]) then
          return 0
        end
        redis.call('ZADD', KEYS[3], text(present()), ARGV[2])
        redis.call('ZADD', KEYS[2], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// Stores a chunk. KEYS: upload, uploads, appends, chunks, chunk. ARGV: name, append, chunk number, bytes. Returns
    /// 1, or 0 when the upload or the append has been discarded.
    /// </summary>
    public static RedisScript Append { get; } = new(writes: true, """
        if redis.call('EXISTS', KEYS[1]) == 0 or not redis.call('ZSCORE', KEYS[3], ARGV[2]) then
          return 0
        end
        redis.call('SET', KEYS[5], ARGV[4])
        local count = tonumber(redis.call('HGET', KEYS[4], ARGV[2]) or '0')
        redis.call('HSET', KEYS[4], ARGV[2], text(math.max(count, ARGV[3] + 1)))
        redis.call('ZADD', KEYS[3], text(present()), ARGV[2])
        redis.call('ZADD', KEYS[2], text(present()), ARGV[1])
        return 1
        """);

    /// <summary>
    /// Completes an append. KEYS: upload, uploads, appends, chunks. ARGV: name, append, offset, length, number of
    /// chunks including the last, bytes of the last chunk, chunk key prefix. Returns the new length; nil when the
    /// upload has been discarded or has another length, or staged chunks are missing.
    /// </summary>
    public static RedisScript Complete { get; } = new(writes: true, """
        local append, length, count, tail = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
        if redis.call('HGET', KEYS[1], 'length') ~= ARGV[3] then
          return false
        end
        local sent = #tail > 0 and count - 1 or count
        if sent > 0 and (not redis.call('ZSCORE', KEYS[3], append) or stored(ARGV[7], append, sent) ~= length - #tail) then
          return false
        end
        local total = text(ARGV[3] + length)
        if length > 0 then
          redis.call('HSET', KEYS[1], 'length', total, ARGV[3], append .. ':' .. text(length))
          if #tail > 0 then
            redis.call('SET', ARGV[7] .. append .. ':' .. text(sent), tail)
          end
        end
        redis.call('ZADD', KEYS[2], text(present()), ARGV[1])
        if sent > 0 then
          redis.call('ZREM', KEYS[3], append)
          redis.call('HDEL', KEYS[4], append)
        end
        return total
        """);

    /// <summary>
    /// Discards an upload. KEYS: upload, uploads. ARGV: name, chunk key prefix, chunk size, idle time that it must have
    /// been idle for, or empty. Returns 1, or 0 when the upload did not exist or was not idle.
    /// </summary>
    public static RedisScript Discard { get; } = new(writes: true, """
        local last = redis.call('ZSCORE', KEYS[2], ARGV[1])
        if ARGV[4] ~= '' and (not last or tonumber(last) > present() - ARGV[4]) then
          return 0
        end
        local fields = redis.call('HGETALL', KEYS[1])
        redis.call('UNLINK', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        for i = 1, #fields, 2 do
          if fields[i] ~= 'length' then
            local append, length = string.match(fields[i + 1], '^(%w+):(%d+)$')
            remove(ARGV[2], append, 0, math.ceil(length / ARGV[3]))
          end
        end
        return #fields > 0 and 1 or 0
        """);

    /// <summary>
    /// Lists idle uploads. KEYS: uploads. ARGV: idle time, maximum number. Returns their names, those that have been
    /// idle longest first.
    /// </summary>
    public static RedisScript Idle { get; } = new(writes: false, """
        return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(present() - ARGV[1]), 'LIMIT', 0, ARGV[2])
        """);
}
