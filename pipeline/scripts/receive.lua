-- One delivery for every app it concerns, or one wish of a person or a program: claim it, keep the run, make it active or pending, and
-- write what it came to into the log of deliveries; all of it or nothing.
-- ARGV: now, the delivery or '' when it is a wish, the most entries of the log, the oldest one (milliseconds), the repository whose
-- deliveries are counted or '', how many it may send in a minute; then for each decision what was decided (JSON: app, outcome, reason, ref,
-- commit; and, when there is a run to accept, run, claim, slot, before, since, policy, trigger, job), the run's record and its job's fields.
-- Returns the log's entry or '', and for each decision its outcome, its run and the reason.
local now, delivery, most, oldest, repository, limit = unpack(ARGV, 1, 6)

-- How many deliveries this repository has sent in this minute; 0 when they are not counted.
local function counted()
  if repository == '' then return 0 end
  local key = P .. 'pace:' .. repository .. ':' .. math.floor(now / 60)
  local number = redis.call('INCR', key)
  if number == 1 then redis.call('EXPIRE', key, 120) end
  return number
end

local looked_at = {}
local function look(run)
  if not looked_at[run] then
    local held = redis.call('HMGET', run_key(run), 'slot', 'before', 'commit', 'built', 'since', 'rolling')
    local slot, before, commit, built, since, rolling = unpack(held)
    looked_at[run] = {
      slot = slot, before = before, commit = commit, built = built, since = since or '', rolling = rolling == '1',
      settled = built and built ~= '', -- on the commit that is built
    }
  end
  return looked_at[run]
end

-- One push can arrive under two delivery ids (an organization's hook beside the repository's). The same change is on its way already
-- while its run has not settled on a commit; afterwards only what is built counts, for the branch may have moved and come back. Newest
-- first: where a later push led back to where this one starts, this is the same change once more.
local function on_its_way(under_way, push)
  local reconciles = string.sub(push.claim, 1, 10) == 'reconcile:'
  for at = #under_way, 1, -1 do
    local other = look(under_way[at])
    if other.slot == push.slot then
      local pushed = other.commit == push.commit and (other.before == push.before or reconciles)
      local same = other.settled and other.built == push.commit or not other.settled and pushed
      if push.commit ~= '' and same then return under_way[at] end
      if push.before ~= '' and other.commit == push.before then return end
    end
  end
end

-- The reconciler was faster than the delivery, and the branch has not been told to be elsewhere since. What a person sends once more is
-- wanted all the same.
local function reconciled(push)
  if string.sub(push.claim, 1, 11) == 'redelivery:' then return end
  local newest = redis.call('ZREVRANGE', seen_key(push.app, push.slot), 0, 0)[1]
  return newest == push.commit and redis.call('GET', P .. 'delivery:' .. push.app .. ':reconcile:' .. push.slot .. ':' .. push.commit)
end

-- What waits of the same ref gives way to a newer run, unless all are kept; so does what runs of it, where the policy says so. Newest first.
local function displaced(active, under_way, push)
  local others = {}
  for at = push.policy == 'keep-all' and 0 or #under_way, 1, -1 do
    local run = under_way[at]
    local other = look(run)
    if other.slot == push.slot and (run ~= active or push.policy == 'cancel-running' and not other.rolling) then
      table.insert(others, run)
    end
  end
  return others
end

-- A run also stands for the pushes whose place it takes: 'since' is where the ref was before each push of which nobody knows what it
-- changed, and empty as soon as one of them is known to matter. A push that goes on where theirs ended adds nothing to theirs.
local function inherited(push, others)
  local since = push.since
  for _, run in ipairs(others) do
    local other = look(run)
    if since == '' or other.since == '' then return '' end
    since = push.before == other.commit and other.since or other.since .. ' ' .. since
  end
  return since
end

-- Keep a new run with its job, at its place in the lists of runs.
local function keep(push, others, record, fields)
  local heir = others[1] and {'heir', 1} or {}
  redis.call('HSET', run_key(push.run), 'record', record, 'app', push.app, 'slot', push.slot, 'before', push.before, 'commit', push.commit,
    'since', inherited(push, others), 'job', push.job, 'status', 'queued', 'fence', 0, 'attempt', 0, unpack(heir))
  write_job(push.job, fields)
  for _, list in ipairs({P .. 'runs', P .. 'runs:' .. push.app}) do
    redis.call('ZADD', list, push.sequence, push.run)
    redis.call('ZREMRANGEBYRANK', list, 0, -10001)
  end
  event('accepted', push.app, push.run, push.claim)
  count('accepted ' .. push.app .. ' ' .. push.trigger)
end

-- Returns the outcome, the run that has it, and whether it had it before.
local function accept(push, record, fields)
  local app, run = push.app, push.run
  local claimed = P .. 'delivery:' .. app .. ':' .. push.claim
  local known = redis.call('GET', claimed)
  if known == run then return 'accepted', run, true end -- the connection broke before the answer, and the client asks again
  local active = redis.call('HGET', app_key(app), 'active')
  local under_way = redis.call('ZRANGE', pending_key(app), 0, -1)
  if active then table.insert(under_way, 1, active) end
  local has = known or on_its_way(under_way, push) or reconciled(push)
  if has then
    if not known then redis.call('SET', claimed, has, 'EX', 7 * DAY) end
    return 'duplicate', has, false
  end
  redis.call('SET', claimed, run, 'EX', 7 * DAY)
  push.sequence = redis.call('INCR', P .. 'sequence')
  local others = active and displaced(active, under_way, push) or {}
  keep(push, others, record, fields)
  if active then
    redis.call('ZADD', pending_key(app), push.sequence, run)
    for _, other in ipairs(others) do halt(other, 'superseded', 'by run ' .. run, now) end
  else
    redis.call('SADD', P .. 'apps', app) -- an app's first run finds nothing active
    activate(app, run)
  end
  return 'accepted', run, false
end

-- Returns the outcome, the run, the reason, and whether all this was accepted before.
local function settle(decision, record, fields, too_many)
  if not decision.run then return decision.outcome, '', decision.reason, false end
  if too_many then decision.policy = 'pending-only' end
  local outcome, run, known = accept(decision, record, fields)
  if outcome == 'duplicate' then return outcome, run, 'this push has its run already', known end
  if not too_many then return outcome, run, decision.reason, known end
  count('rate_limited ' .. decision.app)
  local held = 'more than ' .. limit .. ' deliveries of this repository in a minute: of each ref only the newest waits'
  return outcome, run, held .. (decision.reason == '' and '' or '; ' .. decision.reason), known
end

local number = counted()
local said, entry, begun, again = {''}, {'delivery', delivery}, {}, false
for at = 7, #ARGV, 3 do
  local decision = cjson.decode(ARGV[at])
  local app = decision.app
  local outcome, run, reason, known = settle(decision, ARGV[at + 1], ARGV[at + 2], number > tonumber(limit))
  if outcome == 'accepted' then table.insert(begun, run) end
  if delivery ~= '' and app ~= '' and outcome ~= 'failed' then redis.call('HSET', app_key(app), 'delivered_at', now) end
  seen(app, decision.ref, decision.commit, decision.sequence)
  again = again or known
  for _, value in ipairs({outcome, run, reason}) do table.insert(said, value) end
  for _, value in ipairs({'app:' .. app, outcome .. ' ' .. run .. ' ' .. reason}) do table.insert(entry, value) end
end

if again then
  said[1] = redis.call('HGET', run_key(begun[1]), 'entry') or ''
elseif delivery ~= '' then
  said[1] = redis.call('XADD', P .. 'deliveries', 'MAXLEN', '~', most, '*', unpack(entry))
  if number < 2 then redis.call('XTRIM', P .. 'deliveries', 'MINID', '~', oldest) end -- the first of a minute will do
  for _, run in ipairs(begun) do redis.call('HSET', run_key(run), 'entry', said[1]) end
end
return said
