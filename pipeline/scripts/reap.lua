-- Look after the active run of one app: put it back in the queue when the worker that had it is gone.
-- ARGV: app, run, attempt, now, patience in seconds, most attempts, job id, job fields… (the job of the next attempt, attempt + 1)
-- Returns 'alive', 'requeued' or 'closed'.
local app, run, attempt, now, patience, most, job = unpack(ARGV, 1, 7)
local key = run_key(run)
local held = redis.call('HMGET', key, 'status', 'attempt', 'missing_since', 'job')
if redis.call('HGET', app_key(app), 'active') ~= run or held[2] ~= attempt then return 'alive' end
if redis.call('EXISTS', lease_key(run)) == 1 then return 'alive' end
if held[1] == 'queued' then
  -- Waiting in the queue is fine. Popped and not begun is given a moment: the worker may be between the two.
  if redis.call('LPOS', 'rq:queue:pushrail', held[4]) then
    redis.call('HDEL', key, 'missing_since')
    return 'alive'
  end
  if not held[3] then redis.call('HSET', key, 'missing_since', now) end
  if tonumber(now) - tonumber(held[3] or now) < tonumber(patience) then return 'alive' end
  redis.call('HINCRBY', key, 'attempt', 1) -- it never began; counted, so that a wake-up that kills workers comes to an end too
end
redis.call('HSET', key, 'fence', redis.call('HINCRBY', app_key(app), 'fence', 1))
redis.call('HDEL', key, 'missing_since', 'worker')
if tonumber(attempt) >= tonumber(most) then
  close(run, 'errored', 'its worker died ' .. attempt .. ' times; see the worker\'s own log', now)
  promote(app)
  return 'closed'
end
redis.call('HSET', key, 'status', 'queued')
write_job(run, job, {unpack(ARGV, 8)})
event('requeued', app, run, 'after attempt ' .. attempt)
enqueue(run)
return 'requeued'
