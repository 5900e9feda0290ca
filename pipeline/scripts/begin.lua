-- A worker begins an attempt: it takes the lease and the next fence number.
-- ARGV: run, worker, now, lease seconds. Returns the fence, or 0 when there is nothing to begin here.
local run, worker, now, seconds = unpack(ARGV)
local app = redis.call('HGET', run_key(run), 'app')
if not app or redis.call('HGET', app_key(app), 'active') ~= run then return 0 end
if not redis.call('SET', lease_key(run), worker, 'NX', 'EX', seconds) then return 0 end
local fence = redis.call('HINCRBY', app_key(app), 'fence', 1)
redis.call('HSET', run_key(run), 'status', 'running', 'fence', fence, 'worker', worker)
redis.call('HSETNX', run_key(run), 'started_at', now)
redis.call('HDEL', run_key(run), 'missing_since')
local attempt = redis.call('HINCRBY', run_key(run), 'attempt', 1)
event('begun', app, run, 'attempt ' .. attempt .. ' fence ' .. fence)
return fence
