-- Claim the delivery, keep the run, and make it active or pending; all of it or nothing.
-- ARGV: run, app, delivery, slot, before, commit, record, now, job id, job fields…
-- Returns {'accepted', run} or {'duplicate', the run that has it}.
local run, app, delivery, slot, before, commit, record, now, job = unpack(ARGV, 1, 9)
local claim = P .. 'delivery:' .. app .. ':' .. delivery
local known = redis.call('GET', claim)
if known then
  event('duplicate', app, known, delivery)
  return {'duplicate', known}
end

-- One push can arrive under two delivery ids (an organization's hook beside the repository's). The same change is on its way already
-- while its run has not settled on a commit; afterwards only what is built counts, for the branch may have moved and come back.
local active = redis.call('HGET', app_key(app), 'active')
local waiting = redis.call('ZRANGE', pending_key(app), 0, -1)
local under_way = {unpack(waiting)}
if active then table.insert(under_way, active) end
for _, other in ipairs(under_way) do
  local theirs = redis.call('HMGET', run_key(other), 'slot', 'before', 'commit', 'built')
  local settled = theirs[4] and theirs[4] ~= ''
  local same = settled and theirs[4] == commit or not settled and theirs[2] == before and theirs[3] == commit
  if commit ~= '' and theirs[1] == slot and same then
    redis.call('SET', claim, other, 'EX', 7 * DAY)
    event('duplicate', app, other, delivery)
    return {'duplicate', other}
  end
end

redis.call('SET', claim, run, 'EX', 7 * DAY)
local sequence = redis.call('INCR', P .. 'sequence')
redis.call('HSET', run_key(run), 'record', record, 'app', app, 'slot', slot, 'before', before, 'commit', commit, 'status', 'queued', 'fence', 0, 'attempt', 0)
redis.call('SADD', P .. 'apps', app)
for _, list in ipairs({P .. 'runs', P .. 'runs:' .. app}) do
  redis.call('ZADD', list, sequence, run)
  redis.call('ZREMRANGEBYRANK', list, 0, -10001)
end
write_job(run, job, {unpack(ARGV, 10)})
event('accepted', app, run, delivery)
if not active then
  activate(app, run)
  return {'accepted', run}
end
for _, other in ipairs(waiting) do
  if redis.call('HGET', run_key(other), 'slot') == slot then
    redis.call('ZREM', pending_key(app), other)
    redis.call('DEL', 'rq:job:' .. redis.call('HGET', run_key(other), 'job'))
    close(other, 'superseded', 'by run ' .. run, now)
  end
end
redis.call('ZADD', pending_key(app), sequence, run)
return {'accepted', run}
