-- Keep the results of the steps so far, and the commit that is built once it is known.
-- ARGV: run, fence, steps, commit or ''. Returns 1, or 0 when a newer attempt counts.
local run, fence, steps, built = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'fence', 'status')
if held[1] ~= fence or held[2] ~= 'running' then return 0 end
redis.call('HSET', run_key(run), 'steps', steps, 'built', built)
redis.call('PUBLISH', P .. 'log:' .. run, 'step')
return 1
