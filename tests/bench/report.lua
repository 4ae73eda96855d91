-- POSTs the lines of the file BODY in turn; at the end the figures as one line of JSON.
local sent, requests = 0, {}

function init()
  wrk.headers["Content-Type"] = "application/json"
  for body in io.lines(os.getenv("BODY")) do
    requests[#requests + 1] = wrk.format("POST", nil, nil, body)
  end
end

function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests": %d, "microseconds": %d, "failed": %d, "p50": %d, "p99": %d}', summary.requests,
    summary.duration, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
