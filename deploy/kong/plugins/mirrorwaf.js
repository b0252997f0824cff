// Kong plugin `mirrorwaf`: copies requests in the access phase and sends them to the receiver in the log phase, when the client
// has its answer. Nothing that goes wrong here may reach a client.
const { captureRequest } = require('../lib/capture')
const { senderFor } = require('../lib/sender')

/** Used where a configuration leaves a field out; the same as in the schema. */
const defaults = {
  percent: 100,
  body_limit: 8192,
  timeout: 2000,
  queue_limit: 16 * 1024 * 1024,
  connections: 4,
}

/** A request whose log phase is far (a stream, a long download) is sent after this time: its verdict should not wait for it. */
const longestHoldMs = 2000
/** Under which the log phase finds what the access phase has copied. */
const contextKey = 'mirrorwaf_copy'

/** Copies that wait for their log phase, by number. Bounded by the sender's room. */
const held = new Map()
let lastNumber = 0

class MirrorwafPlugin {
  /** @param {object} config as Kong has checked it against the schema */
  constructor(config) {
    this.config = { ...defaults, ...withoutNulls(config) }
    this.sender = senderFor({
      receiver: this.config.receiver,
      timeoutMs: this.config.timeout,
      queueLimitBytes: this.config.queue_limit,
      connectionLimit: this.config.connections,
    })
    this.random = Math.random
  }

  /** @param {object} kong the PDK */
  async access(kong) {
    if (this.random() * 100 >= this.config.percent) return
    const copy = await captureRequest(kong, this.config.body_limit)
    const costBytes = this.sender.reserve(copy)
    if (costBytes === undefined) return
    const number = String((lastNumber += 1))
    const timer = setTimeout(() => release(number), longestHoldMs)
    held.set(number, { copy, costBytes, timer, sender: this.sender })
    await kong.ctx.shared.set(contextKey, number)
  }

  /** @param {object} kong the PDK */
  async log(kong) {
    const number = await kong.ctx.shared.get(contextKey)
    if (typeof number === 'string') release(number)
  }
}

/** Sends a copy, once. */
function release(number) {
  const entry = held.get(number)
  if (entry === undefined) return
  held.delete(number)
  clearTimeout(entry.timer)
  entry.sender.send(entry.copy, entry.costBytes)
}

/** Kong sends null for what is not set. */
function withoutNulls(config) {
  return Object.fromEntries(Object.entries(config ?? {}).filter(([, value]) => value !== null && value !== undefined))
}

module.exports = {
  Plugin: MirrorwafPlugin,
  Name: 'mirrorwaf',
  Version: '0.1.0',
  // After authentication (1000 and more), rate limits (900) and transformers (800): copies are of what goes to a service.
  Priority: 5,
  Schema: [
    // host:port, [IPv6]:port; Lua has patterns, not regular expressions.
    { receiver: { type: 'string', required: true, match: '^%S+:%d+$' } },
    { percent: { type: 'number', default: defaults.percent, between: [0, 100] } },
    // More than nginx keeps in memory (nginx_http_client_body_buffer_size) cannot be had: see lib/capture.js.
    { body_limit: { type: 'integer', default: defaults.body_limit, between: [0, 268435456] } },
    { timeout: { type: 'integer', default: defaults.timeout, between: [10, 60000] } },
    { queue_limit: { type: 'integer', default: defaults.queue_limit, between: [65536, 4294967296] } },
    { connections: { type: 'integer', default: defaults.connections, between: [1, 1024] } },
  ],
}
