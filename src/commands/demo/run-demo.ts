// Runs the demo: a service, the gateway in front of it, the receiver beside it, and a client, all in this process.
import { createServer, request as httpRequest, type Server } from 'node:http'
import { type Gateway, startGateway } from '../../gateway/gateway.js'
import { gatewayTable } from '../../gateway/gateway-options.js'
import { createLog } from '../../observe/log.js'
import { completeOptions } from '../../options/resolve.js'
import { createReceiver, type Receiver } from '../../receiver.js'
import { createPaint } from '../../terminal-colour.js'
import type { SecurityEvent } from '../../verdict/event.js'
import { delay } from '../../within-time.js'
import type { CommandIo, ExitCode } from '../command.js'
import { untilSignal } from '../until-signal.js'
import { renderAnswered, renderEvent } from './demo-lines.js'
import { type DemoRequest, demoTraffic } from './demo-traffic.js'

/** Between two requests: slow enough to read along, fast enough for the whole to be over in a few seconds. */
const pauseMs = 180
/** How long the last events may take; they come within some milliseconds. */
const lastEventsMs = 3000

interface Stage {
  readonly service: Server
  readonly gateway: Gateway
  readonly receiver: Receiver
  /** Address of the live page. */
  readonly page: string
}

/**
 * Plays the demo to its end.
 * @returns 0 when each attack had its event, nothing else had one, and every client its answer.
 */
export async function runDemo(io: CommandIo): Promise<ExitCode> {
  await io.print('Starting a service, the gateway and the receiver...\n')
  const events: SecurityEvent[] = []
  const stage = await setUp((event) => {
    events.push(event)
    void io.print(renderEvent(event, createPaint(io.isColoured)))
  })
  try {
    const exitCode = await play(stage, events, io)
    if (io.isWatched && exitCode === 0) await stayForThePage(stage, io)
    return exitCode
  } finally {
    await stage.gateway.stop()
    await stage.receiver.stop()
    stage.service.close()
  }
}

async function setUp(onEvent: (event: SecurityEvent) => void): Promise<Stage> {
  const service = createServer((request, response) => {
    request.resume().once('end', () => response.end('ok\n'))
  })
  const servicePort = await listen(service)
  // A busy machine must not turn an attack into a time-out: this is a show, not a measurement.
  const receiver = createReceiver({
    listen: ['127.0.0.1:0'],
    workers: 1,
    wafTimeoutUs: 1_000_000,
    service: 'demo',
    logLevel: 'error',
    ui: '127.0.0.1:0',
  })
  receiver.on('event', onEvent)
  const { listening, page = '' } = await receiver.start()
  const options = completeOptions(gatewayTable, {
    listen: '127.0.0.1:0',
    routes: [`/=http://127.0.0.1:${servicePort}`],
    mirror: listening[0] ?? 'off',
    accessLog: false,
    logLevel: 'error',
  })
  const gateway = await startGateway(options, createLog({ level: 'error' }))
  return { service, gateway, receiver, page }
}

async function play({ gateway, page }: Stage, events: readonly SecurityEvent[], io: CommandIo): Promise<ExitCode> {
  await io.print(`client -> gateway ${gateway.address} -> service, and a copy of each request -> receiver\n\n`)
  if (io.isWatched) await io.print(`the live page: ${page}\n\n`)
  const paint = createPaint(io.isColoured)
  let answeredCount = 0
  for (const demoRequest of demoTraffic) {
    const startMs = performance.now()
    const status = await send(gateway.address, demoRequest)
    if (status === 200) answeredCount += 1
    const isRead = await io.print(renderAnswered(demoRequest, status, performance.now() - startMs, paint))
    if (!isRead) return 0
    await delay(pauseMs)
  }
  const attackCount = demoTraffic.filter(({ isAttack }) => isAttack).length
  const endMs = performance.now() + lastEventsMs
  while (events.length < attackCount && performance.now() < endMs) await delay(10)
  await io.print(
    `\n${demoTraffic.length} requests, ${answeredCount} answered by the service as if nothing were there; ` +
      `${attackCount} attacks, ${events.length} found.\n` +
      'Next: mirrorwaf serve, and mirrorwaf gateway --route /=http://YOUR-SERVICE --mirror 127.0.0.1:8080\n',
  )
  return answeredCount === demoTraffic.length && events.length === attackCount ? 0 : 1
}

/** A page is no use when it is gone before it is opened: the traffic goes on, quietly, until Ctrl-C. */
async function stayForThePage({ gateway, page }: Stage, io: CommandIo): Promise<void> {
  await io.print(`\nThe page stays, with the same visitors over and over: ${page}   End it with Ctrl-C.\n`)
  let isOver = false
  const asked = untilSignal().then(() => {
    isOver = true
  })
  for (let index = 0; !isOver; index = (index + 1) % demoTraffic.length) {
    const request = demoTraffic[index]
    if (request !== undefined) await send(gateway.address, request)
    await delay(pauseMs)
  }
  await asked
}

/** @returns the status the client sees. */
function send(address: string, { method, target, headers, body }: DemoRequest): Promise<number> {
  const [host, port] = address.split(':')
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host, port, path: target, method, headers: { ...headers, host: 'store.example' } })
    sent.once('error', reject)
    sent.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.end(body)
  })
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}
