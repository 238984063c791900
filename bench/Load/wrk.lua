-- Prints the results of wrk as one line of JSON, with times in microseconds.
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"Requests":%d,"Micros":%d,"Bytes":%d,"P50":%d,"P99":%d,"Errors":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout + e.status))
end
