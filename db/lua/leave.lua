-- Take a participant off the board, for good; their answers stay.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  participant
-- Reply false when the session is not here, else {epoch, version}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  return false
end
redis.call('HSET', KEYS[1], 'gone:' .. ARGV[1], 1)
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
return {epoch, redis.call('HINCRBY', KEYS[1], 'version', 1)}
