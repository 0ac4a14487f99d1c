-- Compare and set the state. A call that is repeated after it was done finds the new state and succeeds again.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  ttl in seconds, old, new
-- Reply 1 when the state is `new` now, else 0
local stored = redis.call('GET', KEYS[4])
if stored == ARGV[2] then
  redis.call('SET', KEYS[4], ARGV[3])
elseif stored ~= ARGV[3] then
  return 0
end
for i = 1, #KEYS do
  redis.call('EXPIRE', KEYS[i], ARGV[1])
end
return 1
