-- Look after the active run of one app: put it back in the queue when the worker that had it is gone.
-- ARGV: app, run, attempt, now, patience in seconds while running, the same while queued, most attempts, the job of the next attempt and
-- its fields. Returns 'alive', 'requeued' or 'closed'.
local app, run, attempt, now, silent, popped, most, job, fields = unpack(ARGV)
local key = run_key(run)
local held = redis.call('HMGET', key, 'status', 'attempt', 'missing_since', 'job', 'condemned')
if redis.call('HGET', app_key(app), 'active') ~= run or held[2] ~= attempt then return 'alive' end
local queued = held[1] == 'queued'
if redis.call('EXISTS', lease_key(run)) == 1 or (queued and redis.call('LPOS', 'rq:queue:pushrail', held[4])) then
  redis.call('HDEL', key, 'missing_since')
  return 'alive'
end

-- Nobody has it. That may pass: between pop and begin, or when an outage of Redis let every lease run out at once.
if not held[3] then redis.call('HSET', key, 'missing_since', now) end
if tonumber(now) - tonumber(held[3] or now) < tonumber(queued and popped or silent) then return 'alive' end
redis.call('HSET', key, 'fence', redis.call('HINCRBY', app_key(app), 'fence', 1))
redis.call('HDEL', key, 'missing_since', 'worker')
if queued then redis.call('HINCRBY', key, 'attempt', 1) end -- a wake-up that kills workers must come to an end too

if tonumber(attempt) >= tonumber(most) then
  local reason = 'its worker died ' .. most .. ' times; see the worker\'s own log'
  if held[5] then
    close(app, run, 'errored', reason, now)
    promote(app)
    return 'closed'
  end
  redis.call('HSET', key, 'condemned', reason) -- one more attempt, which only does what follows a failure
end
redis.call('HSET', key, 'status', 'queued', 'job', job)
redis.call('DEL', 'rq:job:' .. job) -- an attempt that did not count has left what RQ wrote of it
write_job(job, fields)
event('requeued', app, run, 'after attempt ' .. attempt)
enqueue(run)
return 'requeued'
