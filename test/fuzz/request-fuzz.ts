// Mutated requests against a running receiver: nothing crashes or hangs, and each request has exactly one outcome.
// Run: npm run fuzz:requests -- --count 100000 --seed 1 [--seconds S]. The same seed and count send the same bytes.
import type { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { Random } from './random.js'
import { type Account, FuzzedReceiver, totalOf } from './support/fuzzed-receiver.js'
import { mutatedRequest } from './support/mutated-requests.js'
import { randomStream } from './support/random-requests.js'

/** Whole requests between two looks at the accounts; small enough that none is shed. */
const blockCount = 8000
const laneCount = 8
/** Sent at once on a connection. */
const pipelinedCount = 50
/** Streams of broken framing after each block, a connection each. */
const streamsPerBlock = 160
/** For an answer, or for the end of a connection. */
const answerPatienceMs = 60_000

/** What a run did. */
export interface RequestFuzzResult {
  /** Requests of whole framing: each must be received, once. */
  readonly sent: number
  /** Streams of broken framing; how many requests are in one is for the receiver to say. */
  readonly streams: number
  readonly account: Account | undefined
  /** What went wrong; `undefined` when nothing did. */
  readonly failure: string | undefined
}

/**
 * @param count - mutated requests to send, streams not counted.
 * @param isOver - asked between blocks: ends the run early.
 * @param onBlock - told after each block, for progress.
 */
export async function fuzzRequests(
  receiver: FuzzedReceiver,
  seed: number,
  count: number,
  isOver: () => boolean = () => false,
  onBlock: (result: RequestFuzzResult) => void = () => {},
): Promise<RequestFuzzResult> {
  const random = new Random(seed)
  let sent = 0
  let streams = 0
  let account: Account | undefined
  try {
    while (sent < count && !isOver()) {
      const block = Math.min(blockCount, count - sent)
      const before = account?.received ?? 0
      await sendWhole(receiver, random, block)
      sent += block
      account = await receiver.settle()
      if (account.received - before !== block) throw new Error(`${account.received - before} of ${block} were received`)
      await sendStreams(receiver, random)
      streams += streamsPerBlock
      account = await receiver.settle()
      if (account.restarts > 0 || account.engineErrors > 0)
        throw new Error(`a worker failed: ${JSON.stringify(account)}`)
      onBlock({ sent, streams, account, failure: undefined })
    }
    return { sent, streams, account, failure: undefined }
  } catch (thrown) {
    return { sent, streams, account, failure: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

async function sendWhole(receiver: FuzzedReceiver, random: Random, count: number): Promise<void> {
  const requests = Array.from({ length: count }, () => mutatedRequest(random))
  const share = Math.ceil(count / laneCount)
  const shares = Array.from({ length: laneCount }, (_, lane) => requests.slice(lane * share, (lane + 1) * share))
  await Promise.all(shares.map((ofLane) => runLane(receiver, ofLane)))
}

/** Sends requests in order and waits for the answer to each; a connection that is closed after an answer is made anew. */
async function runLane(receiver: FuzzedReceiver, requests: readonly Buffer[]): Promise<void> {
  let next = 0
  let connection: AnsweredConnection | undefined
  while (next < requests.length) {
    connection ??= new AnsweredConnection(receiver.connect())
    const bytes = requests.slice(next, next + pipelinedCount)
    const answered = await connection.send(bytes)
    next += answered
    if (answered === bytes.length && connection.isOpen) continue
    if (answered === 0) {
      await receiver.account()
      throw new Error(`closed without an answer: ${JSON.stringify(requests[next]?.toString('latin1'))}`)
    }
    connection = undefined
  }
  connection?.close()
}

/** A connection on which answers are counted: `204 No Content`, or a refusal that ends it. */
class AnsweredConnection {
  isOpen = true
  readonly #socket: Socket
  #answered = 0
  #expected = 0
  #rest = ''
  #settle: () => void = () => {}
  #fail: (reason: Error) => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#take(text))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isOpen = false
      this.#settle()
    })
    socket.setTimeout(answerPatienceMs, () => this.#fail(new Error('it hangs: no answer comes')))
  }

  /** @returns how many of the requests were answered: all, or fewer when the connection was closed. */
  async send(requests: readonly Buffer[]): Promise<number> {
    this.#answered = 0
    this.#expected = requests.length
    await new Promise<void>((resolve, reject) => {
      this.#settle = resolve
      this.#fail = reject
      this.#socket.write(Buffer.concat(requests))
    })
    return this.#answered
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    const answers = `${this.#rest}${text}`.split('\r\n\r\n')
    this.#rest = answers.pop() ?? ''
    this.#answered += answers.filter((head) => !head.includes(' 100 ')).length
    if (this.#answered >= this.#expected) this.#settle()
  }
}

async function sendStreams(receiver: FuzzedReceiver, random: Random): Promise<void> {
  for (let done = 0; done < streamsPerBlock; done += laneCount) {
    const streams = Array.from({ length: laneCount }, () => Buffer.from(randomStream(random), 'latin1'))
    await Promise.all(streams.map((stream) => sendStream(receiver, stream)))
  }
}

/** Sends a stream, says that this was all, and waits until the receiver is done with it. */
function sendStream(receiver: FuzzedReceiver, stream: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = receiver.connect()
    socket.setTimeout(answerPatienceMs, () =>
      reject(new Error(`it hangs at ${JSON.stringify(stream.toString('latin1'))}`)),
    )
    socket.on('error', () => {}).once('close', () => resolve())
    socket.resume().end(stream)
  })
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { count: text, seed: text, seconds: text } })
  const seed = Number(values.seed ?? 1)
  const startMs = performance.now()
  const endMs = startMs + Number(values.seconds ?? 3600) * 1000
  let shownAtMs = startMs
  const receiver = await FuzzedReceiver.start()
  const result = await fuzzRequests(
    receiver,
    seed,
    Number(values.count ?? 100_000),
    () => performance.now() >= endMs,
    ({ sent }) => {
      if (performance.now() - shownAtMs < 10_000) return
      shownAtMs = performance.now()
      process.stdout.write(`${sent} requests in ${((shownAtMs - startMs) / 1000).toFixed(0)} s\n`)
    },
  )
  await receiver.stop()
  const { account, failure } = result
  process.stdout.write(
    `seed ${seed}: ${result.sent} mutated requests and ${result.streams} broken streams in ` +
      `${((performance.now() - startMs) / 1000).toFixed(0)} s; ${account?.received} received, ` +
      `${account === undefined ? 0 : totalOf(account)} outcomes: ${JSON.stringify(account?.outcomes)}\n`,
  )
  process.stdout.write(failure === undefined ? 'no crash, no hang, every request has one outcome\n' : `${failure}\n`)
  process.exitCode = failure === undefined ? 0 : 1
}

if (process.argv[1] === import.meta.filename) await main()
