// What mirroring costs a client of `mirrorwaf gateway`, with receivers of every temper. Run: node build/bench/gateway-mirror.js
// The gateway without a mirror runs twice; the difference between the two is the noise that the others are judged by.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer as createHttpServer, get } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A round of each lane in turn, so that a busy moment of the machine meets all. */
const roundCount = 10
const requestsPerRound = 100
/** Between requests. Without it the gateway's one core is busy all the time, and any work at all, copies too, is latency. */
const pauseMs = 3

type Temper = 'none' | 'none again' | 'answers' | 'slow (200 ms)' | 'down' | 'silent' | 'closes early'
const tempers: readonly Temper[] = ['none', 'none again', 'answers', 'slow (200 ms)', 'down', 'silent', 'closes early']

interface Lane {
  readonly temper: Temper
  readonly port: number
  readonly gateway: ChildProcess
  readonly agent: Agent
  readonly latenciesMs: number[]
  wrongAnswers: number
}

const body = 'the answer of the service\n'
const backend = createHttpServer((_request, response) => response.end(body))
const backendPort = await listen(backend)
const lanes: Lane[] = []
for (const temper of tempers) lanes.push(await startLane(temper))
for (const lane of lanes) await runRound(lane)
for (const lane of lanes) lane.latenciesMs.length = 0
for (let round = 0; round < roundCount; round += 1) for (const lane of lanes) await runRound(lane)
for (const lane of lanes) console.log(describe(lane))
const spread = Math.abs(percentile(lanes[0], 0.5) - percentile(lanes[1], 0.5))
console.log(`noise of the median (none against none again): ${spread.toFixed(3)} ms`)
for (const { gateway } of lanes) gateway.kill('SIGKILL')
process.exit(lanes.some(({ wrongAnswers }) => wrongAnswers > 0) ? 1 : 0)

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
  for (let i = 0; i < requestsPerRound; i += 1) {
    const startMs = performance.now()
    const isRight = await ask(lane)
    lane.latenciesMs.push(performance.now() - startMs)
    if (!isRight) lane.wrongAnswers += 1
    await sleep(pauseMs)
  }
}

function ask({ agent, port }: Lane): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ agent, port, host: '127.0.0.1', path: '/products/17?sort=price&page=2' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.once('end', () => resolve(response.statusCode === 200 && text === body))
    })
    request.once('error', () => resolve(false))
  })
}

function describe(lane: Lane): string {
  const shown = [0.5, 0.9, 0.99].map((share) => percentile(lane, share).toFixed(3).padStart(8))
  return `${lane.temper.padEnd(14)} p50 p90 p99 ms ${shown.join(' ')}   wrong answers ${lane.wrongAnswers}`
}

function percentile(lane: Lane | undefined, share: number): number {
  const sorted = lane?.latenciesMs.toSorted((one, other) => one - other) ?? []
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
