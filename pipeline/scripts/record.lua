-- Keep the results of the steps so far. ARGV: run, fence, steps. Returns 1, or 0 when a newer attempt counts.
local run, fence, steps = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'fence', 'status')
if held[1] ~= fence or held[2] ~= 'running' then return 0 end
redis.call('HSET', run_key(run), 'steps', steps)
redis.call('PUBLISH', P .. 'log:' .. run, 'step')
return 1
