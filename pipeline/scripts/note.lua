-- Go on through the event record from where the last reader stopped: every run that something happened to is due to be told of.
-- ARGV: where to begin when nobody has read yet (milliseconds), most events, the apps that are told of. Returns the events read.
local known = redis.call('GET', P .. 'reports')
local events = redis.call('XRANGE', P .. 'events', known and '(' .. known or ARGV[1], '+', 'COUNT', ARGV[2])
local wanted = {}
for index = 3, #ARGV do wanted[ARGV[index]] = true end
for _, entry in ipairs(events) do
  local said = {}
  for index = 1, #entry[2], 2 do said[entry[2][index]] = entry[2][index + 1] end
  if wanted[said.app] and said.run ~= '' then redis.call('HSET', P .. 'report:' .. said.app, said.run, entry[1]) end
end
if #events > 0 or not known then redis.call('SET', P .. 'reports', #events > 0 and events[#events][1] or ARGV[1]) end
return #events
