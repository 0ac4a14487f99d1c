-- Give a participant another name. Somebody without one gets none: the key may have expired.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  participant, nickname
-- Reply false when the session is not here or they are not on the board, else {epoch, version, total as text}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local total = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not epoch or not total or redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then
  return false
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
return {epoch, redis.call('HINCRBY', KEYS[1], 'version', 1), total}
