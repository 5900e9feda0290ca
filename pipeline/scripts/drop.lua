-- A branch or a tag was deleted: what waits of it is cancelled, what has begun goes on. Deliveries come in any order, so a push that made it
-- anew stays, with all after it, unless what they pushed is what was deleted.
-- ARGV: app, ref, the commit that the ref was at, reason, now. Returns the runs that were cancelled.
local app, ref, gone, reason, now = unpack(ARGV)

local function waits(run)
  local held = redis.call('HMGET', run_key(run), 'slot', 'status', 'attempt')
  return held[1] == ref and held[2] == 'queued' and held[3] == '0'
end

local waiting = {}
local active = redis.call('HGET', app_key(app), 'active')
if active and waits(active) then table.insert(waiting, active) end
for _, run in ipairs(redis.call('ZRANGE', pending_key(app), 0, -1)) do
  if waits(run) then table.insert(waiting, run) end
end

local last = #waiting
for at = #waiting, 1, -1 do
  local before, commit = unpack(redis.call('HMGET', run_key(waiting[at]), 'before', 'commit'))
  if commit == gone then break end
  if string.match(before, '^0+$') then last = at - 1 end
end

local cancelled = {}
for at = last, 1, -1 do -- those behind first, or one would be promoted only to be cancelled
  halt(waiting[at], 'cancelled', reason, now)
  table.insert(cancelled, waiting[at])
end
return cancelled
