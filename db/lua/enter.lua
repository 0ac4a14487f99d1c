-- Put a participant on the board with nothing, or keep what they have.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  participant, nickname
-- Reply false when the session is not here, else {epoch, version, total as text}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  return false
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], 'NX', 0, ARGV[1])
-- The first one makes these keys: they die with the session.
local remaining = redis.call('TTL', KEYS[1])
if remaining > 0 then
  redis.call('EXPIRE', KEYS[2], remaining)
  redis.call('EXPIRE', KEYS[3], remaining)
end
return {epoch, redis.call('HINCRBY', KEYS[1], 'version', 1), redis.call('ZSCORE', KEYS[2], ARGV[1])}
