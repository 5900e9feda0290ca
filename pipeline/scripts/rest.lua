-- A keeper stops telling of an app. ARGV: app, keeper, until when the forge is left in peace, how often it failed in a row.
local app, keeper, till, failures = unpack(ARGV)
local key = P .. 'reporter:' .. app
if redis.call('HGET', key, 'keeper') == keeper then redis.call('HSET', key, 'keeper', '', 'until', till, 'failures', failures) end
return 1
