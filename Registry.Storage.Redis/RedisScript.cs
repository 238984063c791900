using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>A Lua script. It is sent by its hash, or whole when the server does not know it.</summary>
internal sealed class RedisScript
{
    /// <summary>
    /// The functions that every script may use. A revision is a counter that never falls behind the clock, so that a
    /// server that comes back with an older state (a lost last second, a restored snapshot) does not repeat one; caches
    /// by revision rely on this. An epoch is one run of one server as master: a restart changes the run id, and the
    /// promotion of a replica changes the replication id.
    /// </summary>
    private const string Prelude = """
        local function present()
          local time = redis.call('TIME')
          return time[1] * 1000000 + time[2]
        end
        local function text(number)
          return string.format('%.0f', number)
        end
        local function epoch()
          return (string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or '')
            .. (string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or '')
        end
        local function ended(expected)
          return expected ~= '' and expected ~= epoch()
        end
        local function revise(counter)
          local last = tonumber(redis.call('GET', counter) or '0')
          local revision = text(math.max(last + 1, present()))
          redis.call('SET', counter, revision)
          return revision
        end
        local function changed(changes, name, revision)
          redis.call('ZADD', changes, revision, name)
          local count = redis.call('ZCARD', changes)
          if count == 1 then
            redis.call('ZADD', changes, text(revision - 1), '@' .. revision)
          elseif count > 12000 then
            local newest = redis.call('ZRANGE', changes, 2000, 2000, 'WITHSCORES')
            local floor = redis.call('ZRANGE', changes, 0, 0)
            redis.call('ZREMRANGEBYRANK', changes, 1, 2000)
            redis.call('ZADD', changes, newest[2], floor[1])
          end
        end
        local function touch(head, revision, given, last)
          local now = present()
          -- 'touched' is not read by this version. A registry of version 1.0 on the same server needs it for collection.
          redis.call('HSET', head, 'touched', text(now), 'revision', revision)
          if given ~= '' then
            redis.call('HSET', head, 'uploaded', given)
          elseif last and tonumber(last) >= now then
            redis.call('HINCRBY', head, 'uploaded', 1)
          else
            redis.call('HSET', head, 'uploaded', text(now))
          end
          return redis.call('HGET', head, 'uploaded')
        end
        local function stored(chunks, upload, count)
          local sum = 0
          for number = 0, count - 1 do
            sum = sum + redis.call('STRLEN', chunks .. upload .. ':' .. number)
          end
          return sum
        end
        local function remove(chunks, upload, from, count)
          for number = from, count - 1 do
            redis.call('UNLINK', chunks .. upload .. ':' .. number)
          end
        end

        """;

    [SuppressMessage(
        "Security",
        "CA5350:Do Not Use Weak Cryptographic Algorithms",
        Justification = "Redis identifies scripts by their SHA-1.")]
    public RedisScript(bool writes, string body)
    {
        Writes = writes;
        Text = Prelude + body;
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
    }

    /// <summary>True when the script writes. Such a script cannot be cancelled once it is sent.</summary>
    public bool Writes { get; }

    public string Text { get; }

    /// <summary>The SHA-1 of <see cref="Text"/>, which identifies a script that the server has cached.</summary>
    public byte[] Hash { get; }

    /// <summary>Runs the script.</summary>
    public async Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(Hash, keys, values, RedisConnection.Flags);
        }
        catch (RedisServerException exception) when (RedisFault.IsUnknownScript(exception))
        {
            // The server was restarted or its script cache flushed: send the whole script, which caches it again.
            object[] arguments = [Text, keys.Length, .. keys.Cast<object>(), .. values.Cast<object>()];
            return await database.ExecuteAsync("EVAL", arguments, RedisConnection.Flags);
        }
    }
}
