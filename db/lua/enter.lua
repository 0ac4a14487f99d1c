-- Put a participant on the board with nothing, or keep what they have.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  ttl in seconds, participant, nickname
-- Reply false when the session is not here, else {epoch, version}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  return false
end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], 'NX', 0, ARGV[2])
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
for i = 1, #KEYS do
  redis.call('EXPIRE', KEYS[i], ARGV[1])
end
return {epoch, version}
