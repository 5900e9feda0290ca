-- A parent saw its attempt die: the lease goes at once, so that the reaper need not wait for it to run out. ARGV: run, worker.
local run, worker = unpack(ARGV)
if redis.call('GET', lease_key(run)) ~= worker then return 0 end
redis.call('DEL', lease_key(run))
event('abandoned', redis.call('HGET', run_key(run), 'app'), run, worker)
return 1
