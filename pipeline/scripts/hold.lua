-- One keeper alone tells of an app. ARGV: app, keeper, now, seconds. Returns 1 when it is this one.
local app, keeper, now, seconds = unpack(ARGV)
local key = P .. 'reporter:' .. app
local held = redis.call('HMGET', key, 'keeper', 'until')
if held[1] ~= keeper and tonumber(held[2] or 0) > tonumber(now) then return 0 end
redis.call('HSET', key, 'keeper', keeper, 'until', tonumber(now) + tonumber(seconds))
return 1
