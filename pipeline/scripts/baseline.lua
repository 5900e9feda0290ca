-- An app's branch is looked at for the first time: where it is now is where it begins. ARGV: app, ref, commit. Returns 1 when it was.
local app, ref, commit = unpack(ARGV)
if redis.call('EXISTS', seen_key(app, ref)) == 1 then return 0 end
seen(app, ref, commit)
event('baseline', app, '', commit)
return 1
