// A gateway under examination: makes marked probes and finds their copies.
import { createHash, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { platform } from 'node:os'
import type { ListenAddress } from '../../options/kinds/address.js'
import type { GatewayKind } from '../finding-kinds.js'
import { type AnswerMode, CopyReceiver, type SeenCopy } from './copy-receiver.js'
import { type ProbeAnswer, ProbeClient } from './probe-client.js'

export interface PatientSettings {
  readonly gateway: URL
  readonly receive: ListenAddress
  /** Empty: the gateway's name, or a name of ours when it has none. */
  readonly host: string
  /** Without a query. */
  readonly path: string
  readonly bodyBytes: number
  /** How long a copy may take. */
  readonly timeoutMs: number
  readonly kind: GatewayKind | 'auto'
}

export interface Probe {
  readonly method?: string
  /** Put behind the mark in the query. */
  readonly query?: string
  readonly headers?: readonly string[]
  readonly bodyBytes?: number
  readonly isChunked?: boolean
}

export interface Probed {
  readonly mark: string
  /** As sent. */
  readonly target: string
  readonly bodyHash: string
  readonly answer: ProbeAnswer | undefined
}

/** A client may say so; no gateway that is right believes it. From the range for documentation (RFC 5737). */
export const forgedAddress = '203.0.113.7'
const chunkBytes = 16 * 1024

/** Make it with `admit`; `dismiss` it at the end. */
export class Patient {
  readonly settings: PatientSettings
  readonly host: string
  /** Guessed from what the gateway says and sends, unless it was told. */
  kind: GatewayKind
  sentCount = 0
  readonly #secret: string
  readonly #receiver: CopyReceiver

  private constructor(settings: PatientSettings, secret: string, receiver: CopyReceiver) {
    this.settings = settings
    this.#secret = secret
    this.#receiver = receiver
    this.kind = settings.kind === 'auto' ? 'unknown' : settings.kind
    const { hostname, host } = settings.gateway
    const isNamed = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && hostname !== 'localhost'
    this.host = settings.host || (isNamed ? host : 'mirrorwaf-doctor.example')
  }

  /** Opens the receiver. @throws MirrorwafError `MWAF_LISTENER_ADDRESS`. */
  static async admit(settings: PatientSettings): Promise<Patient> {
    // Unguessable: nobody else's request can pass for a copy of ours.
    const secret = randomBytes(12).toString('hex')
    return new Patient(settings, secret, await CopyReceiver.open(settings.receive, secret))
  }

  get foreignCount(): number {
    return this.#receiver.foreignCount
  }

  setAnswers(mode: AnswerMode): void {
    this.#receiver.mode = mode
  }

  connect(): ProbeClient {
    const { gateway } = this.settings
    // Envoy writes its own address into the chain for clients from 127.0.0.1; on Linux all of 127.0.0.0/8 is this machine.
    const isHere = gateway.hostname === '127.0.0.1' && platform() === 'linux'
    return new ProbeClient(gateway, isHere ? '127.0.0.2' : undefined)
  }

  copiesOf({ mark }: Probed): readonly SeenCopy[] {
    return this.#receiver.copiesOf(mark)
  }

  awaitCopy({ mark }: Probed, timeLimitMs: number = this.settings.timeoutMs): Promise<SeenCopy | undefined> {
    return this.#receiver.awaitCopy(mark, timeLimitMs)
  }

  /** @param client - kept open; without one the probe has a connection of its own. */
  async probe(probe: Probe = {}, client?: ProbeClient): Promise<Probed> {
    this.sentCount += 1
    const mark = `${this.#secret}.${this.sentCount}.`
    const { path } = this.settings
    const target = `${path}?mirrorwaf-doctor=${mark}${probe.query ?? ''}`
    const { bytes, bodyHash } = writeProbe(probe, target, this.host)
    const ownClient = client === undefined || client.isClosed ? this.connect() : undefined
    const answer = await (ownClient ?? client)?.send(bytes)
    ownClient?.close()
    return { mark, target, bodyHash, answer }
  }

  /** As if the receiver died. */
  dismiss(): Promise<void> {
    return this.#receiver.close()
  }
}

function writeProbe(probe: Probe, target: string, host: string): { readonly bytes: Buffer; readonly bodyHash: string } {
  const { bodyBytes, isChunked = false, headers = [] } = probe
  const method = probe.method ?? (bodyBytes === undefined ? 'GET' : 'POST')
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'User-Agent: mirrorwaf-doctor', ...headers]
  // Neither compressible nor anything that a rule could match.
  const body = bodyBytes === undefined ? Buffer.alloc(0) : randomBytes(bodyBytes)
  if (bodyBytes !== undefined) lines.push('Content-Type: application/octet-stream')
  if (isChunked) lines.push('Transfer-Encoding: chunked')
  else if (bodyBytes !== undefined) lines.push(`Content-Length: ${body.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  const bytes = Buffer.concat([head, ...(isChunked ? inChunks(body) : [body])])
  return { bytes, bodyHash: createHash('sha256').update(body).digest('hex') }
}

function inChunks(body: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let start = 0; start < body.length; start += chunkBytes) {
    const chunk = body.subarray(start, start + chunkBytes)
    pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return [...pieces, Buffer.from('0\r\n\r\n')]
}
