-- Keep what served before the first release of ours as the one to go back to. ARGV: run, fence, release.
-- Returns 1, or 0 when a newer attempt counts; a release that is kept already stays.
local run, fence, release = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'fence', 'status', 'app')
if held[1] ~= fence or held[2] ~= 'running' then return 0 end
redis.call('HSETNX', app_key(held[3]), 'live', release)
return 1
