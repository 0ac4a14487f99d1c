-- Compare and set the state. A call that is repeated after it was done finds the new state and succeeds again.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  old, new
-- Reply 1 when the state is `new` now, else 0
local stored = redis.call('GET', KEYS[4])
if stored == ARGV[1] then
  redis.call('SET', KEYS[4], ARGV[2], 'KEEPTTL')
  return 1
end
return stored == ARGV[2] and 1 or 0
