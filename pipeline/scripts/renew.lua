-- The worker's parent says that it lives. A lease that Redis lost is taken again while no other attempt has begun.
-- ARGV: run, worker, lease seconds. Returns 1, or 0 when the run is no longer this worker's.
local run, worker, seconds = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'worker', 'status')
if held[1] ~= worker or held[2] ~= 'running' then return 0 end
redis.call('SET', lease_key(run), worker, 'EX', seconds)
return 1
