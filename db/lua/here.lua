-- Note that a gateway node has the room of a session, by the clock of Redis.
-- KEYS  nodes    ARGV  node, lifetime in seconds
redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
