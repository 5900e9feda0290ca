-- End a run, keep its release when it made one, and give the lane to the next. Only the holder of the current fence may.
-- ARGV: run, fence, status, reason, now, release or ''. Returns 1, or 0 when a newer attempt counts.
local run, fence, status, reason, now, release = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'fence', 'status', 'app')
if held[1] ~= fence or held[2] ~= 'running' then return 0 end
if release ~= '' then redis.call('HSET', app_key(held[3]), 'live', release) end
close(run, status, reason, now)
promote(held[3])
return 1
