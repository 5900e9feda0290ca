-- Shared by every script; each is sent as this text followed by its own. Keys are derived here, on one node: Redis Cluster is out of scope.
local P = 'pushrail:'
local DAY = 86400
local function run_key(run) return P .. 'run:' .. run end
local function app_key(app) return P .. 'app:' .. app end
local function pending_key(app) return P .. 'pending:' .. app end
local function releases_key(app) return P .. 'releases:' .. app end
local function bad_key(app) return P .. 'bad:' .. app end
local function lease_key(run) return P .. 'lease:' .. run end
local function seen_key(app, ref) return P .. 'seen:' .. app .. ':' .. ref end

-- The event record: what happened to which run, in the order in which it became true.
local function event(kind, app, run, detail)
  redis.call('XADD', P .. 'events', 'MAXLEN', '~', 100000, '*', 'kind', kind, 'app', app, 'run', run, 'detail', detail or '')
end

-- What is counted for ever, by words: what, app, and what else tells it apart.
local function count(words)
  redis.call('HINCRBY', P .. 'tally', words, 1)
end

-- This commit of a branch needs no run any more that nobody asked for: it has one, or a rule says that it gets none. The newest 1,000 stay.
-- 'sequence' is the place of its run in the order of acceptance, if it has just got one.
local function seen(app, ref, commit, sequence)
  if commit == '' or string.sub(ref, 1, 11) ~= 'refs/heads/' then return end
  local key = seen_key(app, ref)
  if not sequence and redis.call('ZREVRANGE', key, 0, 0)[1] == commit then return end
  local new = redis.call('ZADD', key, sequence or redis.call('INCR', P .. 'sequence'), commit)
  if new == 1 then redis.call('ZREMRANGEBYRANK', key, 0, -1001) end
end

-- Hand a run's waiting job to RQ; the hash of the job has been written already.
local function enqueue(run)
  redis.call('SADD', 'rq:queues', 'rq:queue:pushrail')
  redis.call('RPUSH', 'rq:queue:pushrail', redis.call('HGET', run_key(run), 'job'))
end

-- 'fields' is JSON: a field, its value, the next field…
local function write_job(id, fields)
  redis.call('HSET', 'rq:job:' .. id, unpack(cjson.decode(fields)))
end

local function activate(app, run)
  redis.call('HSET', app_key(app), 'active', run)
  event('activated', app, run)
  enqueue(run)
end

-- A run that ended keeps its record and its log for 90 days.
local function close(app, run, status, reason, now)
  redis.call('HSET', run_key(run), 'status', status, 'reason', reason, 'finished_at', now)
  redis.call('DEL', lease_key(run))
  redis.call('EXPIRE', run_key(run), 90 * DAY)
  redis.call('EXPIRE', P .. 'log:' .. run, 90 * DAY)
  event(status, app, run, reason)
  count('finished ' .. app .. ' ' .. status)
  redis.call('PUBLISH', P .. 'log:' .. run, 'end')
end

-- The app's lane is free: the pending run that was accepted first takes it.
local function promote(app)
  redis.call('HDEL', app_key(app), 'active')
  local first = redis.call('ZPOPMIN', pending_key(app))[1]
  if first then activate(app, first) end
end

-- End a run whose rollout has not begun, whether it waits, is queued or runs, and give the lane it had to the next. The worker that has it
-- is told at once over RQ's channel of commands, which may lose a message, and again when it renews the lease.
local function halt(run, status, reason, now)
  local key = run_key(run)
  local app, job, worker = unpack(redis.call('HMGET', key, 'app', 'job', 'worker'))
  local waited = redis.call('ZREM', pending_key(app), run) == 1
  if waited or redis.call('LREM', 'rq:queue:pushrail', 0, job) > 0 then redis.call('DEL', 'rq:job:' .. job) end
  close(app, run, status, reason, now)
  if waited then return end
  redis.call('HSET', key, 'fence', redis.call('HINCRBY', app_key(app), 'fence', 1))
  if worker then
    redis.call('HSET', key, 'halted', worker)
    redis.call('PUBLISH', 'rq:pubsub:' .. worker, cjson.encode({command = 'halt', run = run}))
  end
  promote(app)
end
