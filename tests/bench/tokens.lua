-- wrk: GET or POST the paths of a file one after the other, then say what came
-- of it as a line of JSON.  Arguments: METHOD FILE [BODY]
local paths, at = {}, 0

function init(args)
   wrk.method = args[1]
   for line in io.lines(args[2]) do
      paths[#paths + 1] = line
   end
   if args[3] then
      wrk.body = args[3]
      wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
   end
end

function request()
   at = at % #paths + 1
   return wrk.format(nil, paths[at])
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %f, "median_ms": %f, "failed": %d}\n',
      summary.requests, summary.duration / 1e6,
      latency:percentile(50) / 1e3,
      e.connect + e.read + e.write + e.status + e.timeout))
end
