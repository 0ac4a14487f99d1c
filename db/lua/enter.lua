-- Put participants on the board with nothing, or keep what they have. Whoever was thrown out stays out.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  participant and nickname of each
-- Reply false when the session is not here, else {epoch, version, then the total of each as text, or false}
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  return false
end
local came = false
for i = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], 'gone:' .. ARGV[i]) == 0 then
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
    redis.call('ZADD', KEYS[2], 'NX', 0, ARGV[i])
    came = true
  end
end
-- The first one makes these keys: they die with the session.
local remaining = redis.call('TTL', KEYS[1])
if remaining > 0 then
  redis.call('EXPIRE', KEYS[2], remaining)
  redis.call('EXPIRE', KEYS[3], remaining)
end
local reply = {epoch, came and redis.call('HINCRBY', KEYS[1], 'version', 1) or redis.call('HGET', KEYS[1], 'version')}
for i = 1, #ARGV, 2 do
  reply[#reply + 1] = redis.call('ZSCORE', KEYS[2], ARGV[i])
end
return reply
