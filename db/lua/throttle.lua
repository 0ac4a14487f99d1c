-- Count one attempt in a sliding window. An attempt that is repeated with the same id is counted once.
-- KEYS  attempts (sorted set, by time)    ARGV  id, now (ms), window (ms), how many are allowed
-- Reply 0 when it may go on, else the milliseconds until the oldest attempt leaves the window
local now, window, allowed = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 0
end
if redis.call('ZCARD', KEYS[1]) < allowed then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], window)
  return 0
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return math.max(1, math.ceil(tonumber(oldest[2]) + window - now))
