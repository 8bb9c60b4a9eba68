-- wrk's requests: the same webhooks as `load` sends, each with an id of its own.
-- Environment: BENCH_BODY (the template, see load.c), BENCH_PATH, BENCH_HEADER, BENCH_FIRST, BENCH_TIME.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local body = read(os.getenv("BENCH_BODY"))
local time = os.getenv("BENCH_TIME")
body = body:gsub(string.rep("T", 24), time):gsub("BBBBB", "true ")
local before, between, joint, after = body:match(
  "^(.-)" .. string.rep("I", 12) .. "(.-)QQQQ(.-)" .. string.rep("P", 8) .. "(.*)$")
local head = "POST " .. os.getenv("BENCH_PATH") .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
  .. "Content-Type: application/json\r\n" .. os.getenv("BENCH_HEADER") .. "\r\nContent-Length: "
  .. #body .. "\r\n\r\n" .. before
local number = tonumber(os.getenv("BENCH_FIRST")) - 1

function request()
  number = number + 1
  -- Exact in a double up to 2 x 10^7; load.c and growth.py do the same.
  local id = (number * 387420489 + 7) % 1000000000000
  return head .. string.format("%012.0f", id) .. between .. string.format("%04d", number * 7919 % 10000)
    .. joint .. string.format("%08d", number) .. after
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "not_2xx": %d, "broken": %d, "seconds": %.6f, "p50_us": %d, "p99_us": %d, "max_us": %d}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max))
end
