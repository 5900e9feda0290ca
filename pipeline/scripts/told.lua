-- Keep with a run what its forge was told; it is due no more unless something happened to it since.
-- ARGV: app, keeper, run, told, the event that made it due or ''. Returns 1, or 0 when another keeper tells of the app by now.
local app, keeper, run, told, event = unpack(ARGV)
if redis.call('HGET', P .. 'reporter:' .. app, 'keeper') ~= keeper then return 0 end
if redis.call('EXISTS', run_key(run)) == 1 then redis.call('HSET', run_key(run), 'told', told) end
local due = P .. 'report:' .. app
if redis.call('HGET', due, run) == event then redis.call('HDEL', due, run) end
return 1
