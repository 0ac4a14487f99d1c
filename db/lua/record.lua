-- Record answers of one session: the first answer of a participant to a question wins. The only place where
-- scores change. Repeating a call changes nothing but the version, so clients may retry.
--
-- KEYS  meta, board, names, state, quiz, questions, then one hash of answers per question
-- ARGV  lifetime in seconds, overwrite ("1" or "0"), then five per answer:
--       index in KEYS of its question's hash, participant, points, time_cs, packed answer
--       points and time_cs are what the answer adds: a wrong one no time, and no points or fewer than none;
--       packed = option|correct|points|finished_at_ms|elapsed_ms|rule|answer_id, see pack in scoreboard.py
-- Reply false when the session is not here, else {epoch, version, refreshed (1 or 0), then two per answer:
--       total as text ("" when the participant is not on the board), packed answer if it is another one or false}

local FIRST = 7
local MAX_POINTS, MAX_TIME_CS = 1048576, 214748364
local MAX_TOTAL_POINTS, MAX_TOTAL_TIME_CS, SHIFT = 2147483647, 4194303, 4194304

local function valid(text, least, most)
  local number = tonumber(text)
  return number and number >= least and number <= most and number % 1 == 0
end

-- Nothing is rolled back when a script fails, so everything is checked before the first write.
if (#ARGV - 2) % 5 ~= 0 then
  return redis.error_reply('INVALIDANSWER wrong number of arguments')
end
for i = 3, #ARGV, 5 do
  local key = tonumber(ARGV[i])
  if not (key and key >= FIRST and key <= #KEYS) then
    return redis.error_reply('INVALIDANSWER no such key')
  end
  if not (valid(ARGV[i + 2], -MAX_POINTS, MAX_POINTS) and valid(ARGV[i + 3], 0, MAX_TIME_CS)) then
    return redis.error_reply('INVALIDANSWER impossible points or time')
  end
  if not string.match(ARGV[i + 4], '^[A-D]|[01]|%-?%d+|%d+|%d+|[^|]*|.') then
    return redis.error_reply('INVALIDANSWER malformed answer')
  end
end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'refreshed')
local epoch = meta[1]
if not epoch then
  return false
end

-- What a stored answer added.
local function added(packed)
  local correct, points, elapsed_ms = string.match(packed, '^%u|([01])|(%-?%d+)|%d+|(%d+)|')
  if correct ~= '1' then
    return tonumber(points), 0
  end
  return tonumber(points), math.floor(tonumber(elapsed_ms) / 10)
end

local totals = {} -- participant -> {points, time_cs, changed}, or false when not on the board

local function total_of(participant)
  local total = totals[participant]
  if total == nil then
    local score = redis.call('ZSCORE', KEYS[2], participant)
    total = false
    if score then
      local points = math.ceil(tonumber(score) / SHIFT)
      total = {points, points * SHIFT - tonumber(score), false}
    end
    totals[participant] = total
  end
  return total
end

local others = {}
for i = 3, #ARGV, 5 do
  local hash, participant, packed = KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 4]
  local points, time_cs = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local total = total_of(participant)
  others[i] = false
  if redis.call('HSETNX', hash, participant, packed) == 0 then
    local stored = redis.call('HGET', hash, participant)
    if stored == packed then
      points, time_cs = 0, 0
    elseif ARGV[2] == '1' then
      redis.call('HSET', hash, participant, packed)
      local old_points, old_time_cs = added(stored)
      points, time_cs = points - old_points, time_cs - old_time_cs
    else
      points, time_cs = 0, 0
      others[i] = stored
    end
  end
  if total and (points ~= 0 or time_cs ~= 0) then
    -- Kept within what one double holds exactly: 2^31 points and 11.6 hours.
    total[1] = math.max(-MAX_TOTAL_POINTS, math.min(MAX_TOTAL_POINTS, total[1] + points))
    total[2] = math.max(0, math.min(MAX_TOTAL_TIME_CS, total[2] + time_cs))
    total[3] = true
  end
end

for participant, total in pairs(totals) do
  if total and total[3] then
    redis.call('ZADD', KEYS[2], 'XX', string.format('%.0f', total[1] * SHIFT - total[2]), participant)
  end
end
for i = FIRST, #KEYS do
  if redis.call('SADD', KEYS[6], KEYS[i]) == 1 then
    redis.call('EXPIRE', KEYS[i], ARGV[1])
    local remaining = redis.call('TTL', KEYS[1])
    if remaining > 0 then
      redis.call('EXPIRE', KEYS[6], remaining)
    end
  end
end

-- All keys of a session must live as long as each other: were the hash of an old question gone, an answer could
-- be given twice. So answers, and nothing else, extend the life of all, once an hour. The hashes of questions,
-- of which there may be thousands, are left to the caller; they outlive the rest, never the other way round.
local now, refreshed = tonumber(redis.call('TIME')[1]), 0
if now - tonumber(meta[2] or '0') >= 3600 then
  redis.call('HSET', KEYS[1], 'refreshed', now)
  for i = 1, #KEYS do
    redis.call('EXPIRE', KEYS[i], ARGV[1])
  end
  refreshed = 1
end

local reply = {epoch, redis.call('HINCRBY', KEYS[1], 'version', 1), refreshed}
for i = 3, #ARGV, 5 do
  local total = totals[ARGV[i + 1]]
  reply[#reply + 1] = total and string.format('%.0f', total[1] * SHIFT - total[2]) or ''
  reply[#reply + 1] = others[i]
end
return reply
