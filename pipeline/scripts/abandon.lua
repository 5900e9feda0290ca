-- A parent saw its attempt end before its time: the reaper may take the run over at once.
-- ARGV: run, worker, 1 when the attempt died and counts, 0 when it was stopped on purpose and does not.
local run, worker, counts = unpack(ARGV)
local key = run_key(run)
local held = redis.call('HMGET', key, 'worker', 'status', 'app')
if held[1] ~= worker or held[2] ~= 'running' then return 0 end
redis.call('DEL', lease_key(run))
redis.call('HSET', key, 'missing_since', 0)
if counts == '0' then redis.call('HINCRBY', key, 'attempt', -1) end
event('abandoned', held[3], run, worker)
return 1
