// What mirroring costs a client of `mirrorwaf gateway`, with receivers of every temper. Run: node build/bench/gateway-mirror.js
// The gateway without a mirror runs twice; the difference between the two is the noise that the others are judged by.
// Exit code 1: an answer was wrong, or a lane is slower than without a mirror, beyond that noise.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer as createHttpServer, request } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** A round of each lane in turn, so that a busy moment of the machine meets all. */
const leastRoundCount = 4
const requestsPerRound = 100
/** Between requests. Without it the gateway's one core is busy all the time, and any work at all, copies too, is latency. */
const pauseMs = 3
/** Below this a client notices nothing, and one machine differs from itself by more from day to day. */
const negligibleMs = 0.1

type Temper = 'none' | 'none again' | 'answers' | 'slow (200 ms)' | 'down' | 'silent' | 'closes early'
const tempers: readonly Temper[] = ['none', 'none again', 'answers', 'slow (200 ms)', 'down', 'silent', 'closes early']

interface Lane {
  readonly temper: Temper
  readonly port: number
  readonly gateway: ChildProcess
  readonly agent: Agent
  readonly latenciesMs: number[]
  /** Median of each round. */
  readonly mediansMs: number[]
  wrongAnswers: number
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } })
const asked = Buffer.from(JSON.stringify({ product: 17, note: 'x'.repeat(500) }))
/** What the service says: the method, and how much it got. */
const backend = createHttpServer((request, response) => {
  let length = 0
  request.on('data', (piece: Buffer) => {
    length += piece.length
  })
  request.on('end', () => response.writeHead(203, { 'x-service': 'products' }).end(`${request.method} ${length}\n`))
})
const backendPort = await listen(backend)
const lanes: Lane[] = []
for (const temper of tempers) lanes.push(await startLane(temper))
for (const lane of lanes) await runRound(lane)
for (const lane of lanes) lane.latenciesMs.length = lane.mediansMs.length = 0
const endMs = performance.now() + Number(values.seconds) * 1000
for (let round = 0; round < leastRoundCount || performance.now() < endMs; round += 1) {
  for (const lane of lanes) await runRound(lane)
}
for (const { gateway } of lanes) gateway.kill('SIGKILL')
process.exit(report() ? 0 : 1)

/** @returns whether no lane differs from the one without a mirror. */
function report(): boolean {
  const [first, again, ...mirroring] = lanes
  if (first === undefined || again === undefined) throw new Error('there are two lanes without a mirror')
  console.log(
    '| receiver | p50 ms | p90 ms | p99 ms | median against none, ms | wrong answers |\n|---|---|---|---|---|---|',
  )
  console.log(describe(first, 0))
  const noiseMs = limitOf(difference(again, first))
  console.log(describe(again, difference(again, first).meanMs))
  let isUnharmed = first.wrongAnswers + again.wrongAnswers === 0
  for (const lane of mirroring) {
    const { meanMs, errorMs } = difference(lane, first)
    console.log(describe(lane, meanMs))
    if (lane.wrongAnswers > 0 || meanMs - 2 * errorMs > Math.max(noiseMs, negligibleMs)) isUnharmed = false
  }
  console.log(`${first.latenciesMs.length} requests each; noise of the median ${noiseMs.toFixed(3)} ms`)
  console.log(isUnharmed ? 'no receiver harms a client' : 'a receiver harms clients')
  return isUnharmed
}

/** Of the rounds' medians: their mean difference and its standard error. */
function difference(lane: Lane, base: Lane): { readonly meanMs: number; readonly errorMs: number } {
  const differences = lane.mediansMs.map((medianMs, round) => medianMs - (base.mediansMs[round] ?? Number.NaN))
  const meanMs = sumOf(differences) / differences.length
  const variance = sumOf(differences.map((value) => (value - meanMs) ** 2)) / (differences.length - 1)
  return { meanMs, errorMs: Math.sqrt(variance / differences.length) }
}

function limitOf({ meanMs, errorMs }: { readonly meanMs: number; readonly errorMs: number }): number {
  return Math.abs(meanMs) + 2 * errorMs
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

async function startLane(temper: Temper): Promise<Lane> {
  const receiverPort = await startReceiver(temper)
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
  const mirror = receiverPort === undefined ? [] : [`--mirror=127.0.0.1:${receiverPort}`]
  const args = [
    'gateway',
    '--listen=127.0.0.1:0',
    `--route=/=http://127.0.0.1:${backendPort}`,
    '--log-level=error',
    ...mirror,
  ]
  const gateway = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let banner = ''
  gateway.stderr.setEncoding('utf8').on('data', (text: string) => {
    banner += text
  })
  while (!banner.includes('routes:')) await once(gateway.stderr, 'data')
  const port = Number(/listens on 127\.0\.0\.1:(\d+)/.exec(banner)?.[1])
  return {
    temper,
    port,
    gateway,
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    latenciesMs: [],
    mediansMs: [],
    wrongAnswers: 0,
  }
}

/** @returns its port; `undefined` = nothing is mirrored. */
async function startReceiver(temper: Temper): Promise<number | undefined> {
  switch (temper) {
    case 'none':
    case 'none again':
      return undefined
    case 'answers':
      return listen(createHttpServer((_request, response) => response.writeHead(204).end()))
    case 'slow (200 ms)':
      return listen(createHttpServer((_request, response) => setTimeout(() => response.writeHead(204).end(), 200)))
    case 'down':
      return findFreePort()
    case 'silent':
      return listen(createServer((socket) => socket.on('error', () => {}).resume()))
    case 'closes early':
      return listen(createServer((socket) => socket.on('error', () => {}).once('data', () => socket.destroy())))
    default:
      return temper satisfies never
  }
}

/** One request after the other, with pauses: what a client of one connection sees. */
async function runRound(lane: Lane): Promise<void> {
  const latenciesMs: number[] = []
  for (let i = 0; i < requestsPerRound; i += 1) {
    const startMs = performance.now()
    const isRight = await ask(lane, i % 4 === 0 ? 'POST' : 'GET')
    latenciesMs.push(performance.now() - startMs)
    if (!isRight) lane.wrongAnswers += 1
    await sleep(pauseMs)
  }
  lane.latenciesMs.push(...latenciesMs)
  lane.mediansMs.push(percentile(latenciesMs, 0.5))
}

/** @returns whether status, header and body came back as the service sent them. */
function ask({ agent, port }: Lane, method: 'GET' | 'POST'): Promise<boolean> {
  const payload = method === 'POST' ? asked : Buffer.alloc(0)
  const options = { agent, port, host: '127.0.0.1', method, path: '/products/17?sort=price&page=2' }
  return new Promise((resolve) => {
    const sent = request({ ...options, headers: { 'content-length': payload.length } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.once('end', () => {
        const isHead = response.statusCode === 203 && response.headers['x-service'] === 'products'
        resolve(isHead && text === `${method} ${payload.length}\n`)
      })
    })
    sent.once('error', () => resolve(false))
    sent.end(payload)
  })
}

function describe({ temper, latenciesMs, wrongAnswers }: Lane, meanMs: number): string {
  const shown = [0.5, 0.9, 0.99].map((share) => percentile(latenciesMs, share).toFixed(3))
  return `| ${[temper, ...shown, `${meanMs >= 0 ? '+' : ''}${meanMs.toFixed(3)}`, wrongAnswers].join(' | ')} |`
}

function percentile(latenciesMs: readonly number[], share: number): number {
  const sorted = latenciesMs.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}

/** A port that nothing listens on, as long as nobody else takes it. */
async function findFreePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  server.close()
  return port
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server that listens has an address of this form.
  return (server.address() as AddressInfo).port
}
