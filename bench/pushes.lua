-- What wrk sends in bench.receiver: signed pushes, each with a delivery id of its own; and what it counted, as JSON.
-- Arguments: a folder with `body` (the payload, `|` where the commit stands) and `signed` (a commit and its signature a line); a word for the ids.
local pieces, signed, sent, word = {}, {}, 0, ''

function init(args)
  word = args[2]
  for piece in (io.open(args[1] .. '/body'):read('*a') .. '|'):gmatch('([^|]*)|') do table.insert(pieces, piece) end
  for line in io.lines(args[1] .. '/signed') do table.insert(signed, {line:match('(%x+) (%x+)')}) end
  wrk.headers['Content-Type'] = 'application/json'
  wrk.headers['User-Agent'] = 'GitHub-Hookshot/044aadd'
  wrk.headers['X-GitHub-Event'] = 'push'
end

function request()
  local commit, signature = unpack(signed[sent % #signed + 1])
  sent = sent + 1
  wrk.headers['X-GitHub-Delivery'] = word .. '-' .. sent
  wrk.headers['X-Hub-Signature-256'] = 'sha256=' .. signature
  return wrk.format('POST', nil, nil, table.concat(pieces, commit))
end

function done(summary, latency)
  local failed = 0
  for _, number in pairs(summary.errors) do failed = failed + number end
  local rate, p50, p99 = summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  io.write(('{"answers": %d, "failed": %d, "rate": %f, "p50": %f, "p99": %f}\n'):format(summary.requests, failed, rate, p50, p99))
end
