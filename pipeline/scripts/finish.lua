-- End a run, keep what it says of releases, and give the lane to the next. Only the holder of the current fence may.
-- ARGV: run, fence, status, reason, now; content that is bad, why; the live release as it is withdrawn; the new live release, its content;
-- each '' when there is none; 1 when its rollback failed midway; what to count of it and how many, in turn.
-- Returns 1, or 0 when a newer attempt counts.
local run, fence, status, reason, now, bad, why, withdrawn, release, content, stranded = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'fence', 'status', 'app')
if held[1] ~= fence or held[2] ~= 'running' then return 0 end
local app = held[3]
if bad ~= '' then redis.call('HSET', bad_key(app), bad, why) end
if withdrawn ~= '' then redis.call('LSET', releases_key(app), 0, withdrawn) end
if release ~= '' then
  redis.call('HSET', app_key(app), 'live', release)
  redis.call('LPUSH', releases_key(app), release)
  redis.call('LTRIM', releases_key(app), 0, 49)
  redis.call('HDEL', bad_key(app), content)
end
if stranded == '1' then
  redis.call('HSET', app_key(app), 'stranded', run)
elseif release ~= '' or status == 'rolled_back' then
  redis.call('HDEL', app_key(app), 'stranded')
end
for at = 12, #ARGV, 2 do redis.call('HINCRBYFLOAT', P .. 'tally', ARGV[at], ARGV[at + 1]) end
close(app, run, status, reason, now)
promote(app)
return 1
