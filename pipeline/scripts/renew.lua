-- The worker's parent says that it lives. A lease that Redis lost is taken again while no other attempt counts.
-- ARGV: run, worker, lease seconds. Returns 'held', 'ended', 'lost' when another attempt counts or this worker's has not begun, or 'halted'
-- when the run was ended from outside while this worker had it.
local run, worker, seconds = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'worker', 'status', 'halted')
if held[3] == worker then return 'halted' end
if held[2] ~= 'running' and held[2] ~= 'queued' then return 'ended' end
if held[1] ~= worker or held[2] ~= 'running' then return 'lost' end
redis.call('SET', lease_key(run), worker, 'EX', seconds)
redis.call('HDEL', run_key(run), 'missing_since')
return 'held'
