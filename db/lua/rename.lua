-- Give a participant another name. Somebody without one gets none: the key may have expired.
-- KEYS  meta, board, names, state, quiz, questions    ARGV  participant, nickname
-- Reply 1 when the participant is on the board, else 0
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
return 1
