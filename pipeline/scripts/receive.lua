-- One delivery for every app it concerns, or one wish of a person or a program: claim it, keep the run, make it active or pending, and
-- write what it came to into the log of deliveries; all of it or nothing.
-- ARGV: now, the delivery or '' when it is a wish, the most entries of the log, the oldest one (milliseconds), the repository whose
-- deliveries are counted or '', how many it may send in a minute; then for each decision app, outcome, reason, ref, commit, n; and, where
-- n is not 0, n more: run, claim, slot, before, since, policy, trigger, record, job id, job fields…
-- Returns the log's entry or '', and for each decision its outcome, its run and the reason.
local now, delivery, most, oldest, repository, limit = unpack(ARGV, 1, 6)
local held_together = 'more than ' .. limit .. ' deliveries of this repository in a minute: of each ref only the newest waits'

local function over_the_limit()
  if repository == '' then return false end
  local key = P .. 'pace:' .. repository .. ':' .. math.floor(now / 60)
  local count = redis.call('INCR', key)
  if count == 1 then redis.call('EXPIRE', key, 120) end
  return count > tonumber(limit)
end

-- One push can arrive under two delivery ids (an organization's hook beside the repository's). The same change is on its way already
-- while its run has not settled on a commit; afterwards only what is built counts, for the branch may have moved and come back. Newest
-- first: where a later push led back to where this one starts, this is the same change once more.
local function on_its_way(under_way, slot, before, commit, claim)
  for at = #under_way, 1, -1 do
    local other = under_way[at]
    local theirs = redis.call('HMGET', run_key(other), 'slot', 'before', 'commit', 'built')
    local settled = theirs[4] and theirs[4] ~= ''
    local pushed = theirs[3] == commit and (theirs[2] == before or string.sub(claim, 1, 10) == 'reconcile:')
    local same = settled and theirs[4] == commit or not settled and pushed
    if commit ~= '' and theirs[1] == slot and same then return other end
    if before ~= '' and theirs[1] == slot and theirs[3] == before then return end
  end
end

-- The reconciler was faster than the delivery, and the branch has not been told to be elsewhere since. What a person sends once more is
-- wanted all the same.
local function reconciled(app, slot, commit, claim)
  if string.sub(claim, 1, 11) == 'redelivery:' then return end
  local newest = redis.call('ZREVRANGE', seen_key(app, slot), 0, 0)[1]
  return newest == commit and redis.call('GET', P .. 'delivery:' .. app .. ':reconcile:' .. slot .. ':' .. commit)
end

-- A run also stands for the pushes whose place it takes: 'since' is where the ref was before each push of which nobody knows what it
-- changed, and empty as soon as one of them is known to matter. A push that goes on where theirs ended adds nothing to theirs.
local function inherited(since, before, other)
  local theirs, commit = unpack(redis.call('HMGET', run_key(other), 'since', 'commit'))
  if since == '' or not theirs or theirs == '' then return '' end
  return before == commit and theirs or theirs .. ' ' .. since
end

-- What waits of the same ref gives way to a newer run, unless all are kept; so does what runs of it, where the policy says so.
local function supersede(active, under_way, run, slot, before, since, policy)
  for at = policy == 'keep-all' and 0 or #under_way, 1, -1 do
    local other = under_way[at]
    local theirs = redis.call('HMGET', run_key(other), 'slot', 'rolling')
    if theirs[1] == slot and (other ~= active or policy == 'cancel-running' and theirs[2] ~= '1') then
      since = inherited(since, before, other)
      redis.call('HSET', run_key(run), 'heir', 1)
      halt(other, 'superseded', 'by run ' .. run, now)
    end
  end
  redis.call('HSET', run_key(run), 'since', since)
end

-- Returns the outcome, the run that has it, and whether it had it before.
local function accept(app, run, claim, slot, before, commit, since, policy, trigger, record, job, fields)
  local claimed = P .. 'delivery:' .. app .. ':' .. claim
  local known = redis.call('GET', claimed)
  if known == run then return 'accepted', run, true end -- the connection broke before the answer, and the client asks again
  local active = redis.call('HGET', app_key(app), 'active')
  local under_way = redis.call('ZRANGE', pending_key(app), 0, -1)
  if active then table.insert(under_way, 1, active) end
  local has = known or on_its_way(under_way, slot, before, commit, claim) or reconciled(app, slot, commit, claim)
  if has then
    if not known then redis.call('SET', claimed, has, 'EX', 7 * DAY) end
    event('duplicate', app, has, claim)
    return 'duplicate', has, false
  end
  redis.call('SET', claimed, run, 'EX', 7 * DAY)
  local sequence = redis.call('INCR', P .. 'sequence')
  redis.call('HSET', run_key(run), 'record', record, 'app', app, 'slot', slot, 'before', before, 'commit', commit, 'since', since,
    'status', 'queued', 'fence', 0, 'attempt', 0)
  redis.call('SADD', P .. 'apps', app)
  for _, list in ipairs({P .. 'runs', P .. 'runs:' .. app}) do
    redis.call('ZADD', list, sequence, run)
    redis.call('ZREMRANGEBYRANK', list, 0, -10001)
  end
  write_job(run, job, fields)
  event('accepted', app, run, claim)
  count('accepted ' .. app .. ' ' .. trigger, 1)
  if active then
    redis.call('ZADD', pending_key(app), sequence, run)
    supersede(active, under_way, run, slot, before, since, policy)
  else
    activate(app, run)
  end
  return 'accepted', run, false
end

local too_many = over_the_limit()
local said, entry, begun, again, at = {''}, {'delivery', delivery}, {}, false, 7
while at <= #ARGV do
  local app, outcome, reason, ref, commit, n = unpack(ARGV, at, at + 5)
  local run, known = '', false
  if n ~= '0' then
    local first = at + 6
    local claim, slot, before, since, policy, trigger, record, job = unpack(ARGV, first + 1, first + 8)
    local fields = {unpack(ARGV, first + 9, first + n - 1)}
    if too_many then policy = 'pending-only' end
    outcome, run, known = accept(app, ARGV[first], claim, slot, before, commit, since, policy, trigger, record, job, fields)
    if outcome == 'duplicate' then reason = 'this push has its run already' end
  end
  if outcome == 'accepted' then
    table.insert(begun, run)
    if too_many then
      count('rate_limited ' .. app, 1)
      reason = held_together .. (reason == '' and '' or '; ' .. reason)
    end
  end
  if delivery ~= '' and app ~= '' and outcome ~= 'failed' then redis.call('HSET', app_key(app), 'delivered_at', now) end
  seen(app, ref, commit)
  again = again or known
  for _, value in ipairs({outcome, run, reason}) do table.insert(said, value) end
  for _, value in ipairs({'app:' .. app, outcome .. ' ' .. run .. ' ' .. reason}) do table.insert(entry, value) end
  at = at + 6 + n
end

if again then
  said[1] = redis.call('HGET', run_key(begun[1]), 'entry') or ''
elseif delivery ~= '' then
  said[1] = redis.call('XADD', P .. 'deliveries', 'MAXLEN', '~', most, '*', unpack(entry))
  redis.call('XTRIM', P .. 'deliveries', 'MINID', '~', oldest)
  for _, run in ipairs(begun) do redis.call('HSET', run_key(run), 'entry', said[1]) end
end
return said
