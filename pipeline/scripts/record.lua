-- Keep the results of the steps so far, the commit that is built once it is known, and whether the rollout has begun. A rollout begins by
-- being recorded, so a run is either ended from outside or rolled out: the script that comes second is refused.
-- ARGV: run, fence, steps, commit or '', the step under way or '', 1 or 0. Returns 1, or 0 when a newer attempt counts or the run has ended.
local run, fence, steps, built, step, rolling = unpack(ARGV)
local held = redis.call('HMGET', run_key(run), 'fence', 'status', 'app', 'slot', 'built', 'step')
if held[1] ~= fence or held[2] ~= 'running' then return 0 end
redis.call('HSET', run_key(run), 'steps', steps, 'built', built, 'step', step, 'rolling', rolling)
if built ~= (held[5] or '') then
  seen(held[3], held[4], built)
  event('settled', held[3], run, built)
end
if step ~= '' and step ~= held[6] then event('step', held[3], run, step) end
redis.call('PUBLISH', P .. 'log:' .. run, 'step')
return 1
