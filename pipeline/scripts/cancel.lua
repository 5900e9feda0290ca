-- Somebody ends a run before its time; once its rollout has begun nobody can. ARGV: run, reason, now.
-- Returns 'cancelled', 'rolling' when it is too late, the status it has ended with already, or 'unknown'.
local run, reason, now = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'status', 'rolling')
if held[1] ~= 'queued' and held[1] ~= 'running' then return held[1] or 'unknown' end
if held[2] == '1' then return 'rolling' end
halt(run, 'cancelled', reason, now)
return 'cancelled'
