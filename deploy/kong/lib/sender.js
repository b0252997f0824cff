// Copies on their way to one receiver. Nobody waits for them: they stand in a queue that is bounded in bytes and go out over a
// few kept connections. A receiver that is down costs copies, which are counted, and now and then a line on stderr, which
// Kong writes to its own log.
const { Agent, request } = require('node:http')

/** What a copy takes in memory beside its texts and body. */
const copyOverheadBytes = 1024
/** After a failure the next try waits, so that a dead receiver costs next to no connections; doubled up to the second. */
const firstRetryMs = 100
const longestRetryMs = 5000

/**
 * @typedef {object} Copy
 * @property {string} method
 * @property {string} target one character per byte
 * @property {string[]} headers name, value, name, value; one character per byte
 * @property {Uint8Array} body
 */

/** @typedef {{ receiver: string, timeoutMs: number, queueLimitBytes: number, connectionLimit: number }} SenderSettings */

class Sender {
  /** @param {SenderSettings} settings */
  constructor(settings) {
    this.settings = settings
    const [, host, port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(settings.receiver) ?? []
    this.address = { host, port: Number(port) }
    this.agent = new Agent({ keepAlive: true, maxSockets: settings.connectionLimit })
    /** @type {{ copy: Copy, costBytes: number }[]} */
    this.queue = []
    this.heldBytes = 0
    this.sendingCount = 0
    this.retryMs = 0
    this.retryTimer = undefined
    /** What became of copies. `closed`: hung up without an answer, as a receiver with --hijack does. */
    this.counts = { answered: 0, closed: 0, failed: 0, queue_full: 0 }
  }

  /**
   * Takes room for a copy.
   * @param {Copy} copy
   * @returns the bytes to give to `send` or `release`; `undefined` when there is no room.
   */
  reserve(copy) {
    const headBytes = copy.headers.reduce((sum, text) => sum + text.length, copy.target.length)
    const costBytes = copyOverheadBytes + headBytes + copy.body.length
    if (this.heldBytes + costBytes > this.settings.queueLimitBytes) {
      this.counts.queue_full += 1
      return undefined
    }
    this.heldBytes += costBytes
    return costBytes
  }

  /** @param {Copy} copy @param {number} costBytes */
  send(copy, costBytes) {
    this.queue.push({ copy, costBytes })
    this.pump()
  }

  pump() {
    while (this.retryTimer === undefined && this.sendingCount < this.settings.connectionLimit) {
      const next = this.queue.shift()
      if (next === undefined) return
      this.deliver(next.copy, next.costBytes)
    }
  }

  /** @param {Copy} copy @param {number} costBytes */
  deliver(copy, costBytes) {
    this.sendingCount += 1
    let isOver = false
    const finish = (outcome, reason) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      this.sendingCount -= 1
      this.heldBytes -= costBytes
      this.counts[outcome] += 1
      if (outcome === 'failed') this.onMissed(reason)
      else this.onReached()
      this.pump()
    }
    let sent
    const timer = setTimeout(() => {
      finish('failed', `no answer in ${this.settings.timeoutMs} ms`)
      sent?.destroy()
    }, this.settings.timeoutMs)
    try {
      sent = request({ ...this.address, agent: this.agent, ...requestOptions(copy) })
    } catch (error) {
      finish('failed', error.message)
      return
    }
    sent.once('response', (response) => response.resume().once('close', () => finish('answered', '')))
    sent.once('error', (error) => finish(isHangUp(error) ? 'closed' : 'failed', error.message))
    sent.end(copy.body)
  }

  onReached() {
    if (this.retryMs > 0) console.error(`mirrorwaf: copies reach ${this.settings.receiver} again; ${this.describe()}`)
    this.retryMs = 0
  }

  /** @param {string} reason */
  onMissed(reason) {
    if (this.retryTimer !== undefined) return
    if (this.retryMs === 0) {
      console.error(`mirrorwaf: copies do not reach ${this.settings.receiver} (${reason}); ${this.describe()}`)
    }
    this.retryMs = Math.min(longestRetryMs, Math.max(firstRetryMs, this.retryMs * 2))
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined
      this.pump()
    }, this.retryMs)
    // Copies that wait must not keep a plugin server alive that is being stopped.
    this.retryTimer.unref()
  }

  describe() {
    return Object.entries(this.counts)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', ')
  }
}

/** @param {Copy} copy */
function requestOptions({ method, target, headers, body }) {
  // Node would send a body that may be there, and is empty, in chunks.
  const isBodyless = body.length === 0 && (method === 'GET' || method === 'HEAD')
  const length = isBodyless ? [] : ['Content-Length', String(body.length)]
  return { method, path: target, headers: [...headers, ...length], setHost: false }
}

/** @param {NodeJS.ErrnoException} error */
function isHangUp({ code }) {
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** Plugin instances come, are several at once, and expire without a word: what they send over outlives them. */
const senders = new Map()

/**
 * The one sender for these settings.
 * @param {SenderSettings} settings
 * @returns {Sender}
 */
function senderFor(settings) {
  const key = JSON.stringify(settings)
  const sender = senders.get(key) ?? new Sender(settings)
  senders.set(key, sender)
  return sender
}

module.exports = { Sender, senderFor }
