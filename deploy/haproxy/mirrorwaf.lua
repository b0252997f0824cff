-- Sends a copy of each request to mirrorwaf: the action `mirrorwaf` notes what there is, a task sends it.
-- Loaded by haproxy.cfg with lua-load-per-thread, so each thread has its own queue and connections.

local receiver = os.getenv('MIRRORWAF_RECEIVER') or ''
local host, port = string.match(receiver, '^%[?([^%]]+)%]?:(%d+)$')
if host == nil then error('MIRRORWAF_RECEIVER is to be ADDRESS:PORT, not "' .. receiver .. '"') end
port = tonumber(port)

-- Copies under way and connections of one thread.
local sender_limit = 4
-- Bytes of copies that wait in one thread; more are dropped.
local queue_limit_bytes = 4 * 1024 * 1024
-- How long the receiver may take for a copy; it answers within a millisecond. Only copies wait for it.
local timeout_seconds = 2
-- After a failure copies are dropped for so long, so that a dead receiver costs next to nothing.
local pause_seconds = 1
-- Without Content-Length nothing says whether this was all of a body: from this length on it is taken to be cut.
local unsure_body_bytes = 60 * 1024

local queue, first, last, queued_bytes = {}, 1, 0, 0
local sender_count = 0
local idle_sockets = {}
local paused_until = 0

-- What belongs to the client's connection, or would not be true of the copy.
local left_out = {
  ['connection'] = true, ['keep-alive'] = true, ['proxy-connection'] = true, ['te'] = true, ['trailer'] = true,
  ['transfer-encoding'] = true, ['upgrade'] = true, ['expect'] = true, ['content-length'] = true,
  ['x-forwarded-for'] = true, ['x-mirrorwaf-truncated'] = true,
}

local function write_request(txn)
  local fetch = txn.f
  local body = fetch:req_body() or ''
  local declared = tonumber(fetch:req_hdr('content-length') or '')
  local is_cut
  if declared then is_cut = declared > #body else is_cut = #body >= unsure_body_bytes end
  local target = fetch:pathq()
  if target == nil or target == '' then target = fetch:url() end
  local lines = { fetch:method() .. ' ' .. target .. ' HTTP/1.1' }
  local forwarded = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    local index = 0
    while values[index] ~= nil do
      if name == 'x-forwarded-for' then forwarded[#forwarded + 1] = values[index] end
      if not left_out[name] then lines[#lines + 1] = name .. ': ' .. values[index] end
      index = index + 1
    end
  end
  forwarded[#forwarded + 1] = fetch:src() -- nil for a client over a Unix socket
  if #forwarded > 0 then lines[#lines + 1] = 'x-forwarded-for: ' .. table.concat(forwarded, ', ') end
  if is_cut then lines[#lines + 1] = 'x-mirrorwaf-truncated: 1' end
  if #body > 0 or declared then lines[#lines + 1] = 'content-length: ' .. #body end
  return table.concat(lines, '\r\n') .. '\r\n\r\n' .. body
end

local function connect()
  local socket = core.tcp()
  socket:settimeout(timeout_seconds)
  if socket:connect(host, port) then return socket end
  return nil
end

-- Sends one copy and reads the head of the answer, which has no body. Returns whether it was taken and whether the
-- connection may carry another.
local function exchange(socket, bytes)
  if not socket:send(bytes) then return false, false end
  local status = socket:receive('*l')
  if status == nil then return false, false end
  local is_kept = string.find(status, '^HTTP/1%.1 204') ~= nil
  while true do
    local line = socket:receive('*l')
    if line == nil then return true, false end
    if line == '' or line == '\r' then return true, is_kept end
    if string.find(string.lower(line), '^connection: *close') then is_kept = false end
  end
end

local function send(bytes)
  local socket = table.remove(idle_sockets)
  if socket ~= nil then
    local is_taken, is_kept = exchange(socket, bytes)
    if is_kept then idle_sockets[#idle_sockets + 1] = socket else socket:close() end
    if is_taken then return true end
    -- The receiver may have closed it while it was idle: that says nothing about a new one.
  end
  socket = connect()
  if socket == nil then return false end
  local is_taken, is_kept = exchange(socket, bytes)
  if is_kept then idle_sockets[#idle_sockets + 1] = socket else socket:close() end
  return is_taken
end

local function drain_queue()
  while first <= last do
    local bytes = queue[first]
    queue[first] = nil
    first = first + 1
    queued_bytes = queued_bytes - #bytes
    if core.now().sec >= paused_until then
      -- A sender that ended by an error would be missed for ever.
      local is_done, is_sent = pcall(send, bytes)
      if not (is_done and is_sent) then paused_until = core.now().sec + pause_seconds end
    end
  end
  sender_count = sender_count - 1
end

local function note(txn)
  if core.now().sec < paused_until then return end
  local bytes = write_request(txn)
  if queued_bytes + #bytes > queue_limit_bytes then return end
  last = last + 1
  queue[last] = bytes
  queued_bytes = queued_bytes + #bytes
  if sender_count < sender_limit then
    sender_count = sender_count + 1
    core.register_task(drain_queue)
  end
end

-- What fails in here fails the copy, never the request.
core.register_action('mirrorwaf', { 'http-req' }, function(txn) pcall(note, txn) end)
