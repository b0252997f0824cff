// A listener on loopback whose requests are read back out of real records, and whose counters can be looked at.
import type { Test } from 'tap'
import type { RecordFacts } from '#src/batch/record-writer.js'
import { type Slab, SlabPool } from '#src/batch/slab.js'
import { Listener, type ListenerSettings } from '#src/listener/listener.js'
import { createPeerCheck } from '#src/listener/peer-address.js'
import {
  type AnswerKind,
  answerKinds,
  CounterId,
  type RejectedReason,
  rejectedReasons,
  type TimeoutKind,
  timeoutKinds,
} from '#src/observe/counter-ids.js'
import { Instruments } from '#src/observe/instruments.js'
import { type ListenAddress, parseAddress } from '#src/options/kinds/address.js'
import type { ParserLimits } from '#src/parser/limits.js'
import type { RequestAssembly } from '#src/parser/request-assembly.js'
import { RequestReader } from '#src/parser/request-reader.js'
import { Staging } from '#src/parser/staging.js'
import { type Outcome, outcomeIndex } from '#src/verdict/outcome.js'
import { waitUntil } from '../../e2e/support/wait-until.js'
import { CollectingConsumer, createFacts, generousLimits, type ReadRequest } from '../../parser/support/reading.js'
import { Client } from './client.js'

export interface BenchSettings extends Partial<ListenerSettings>, Partial<ParserLimits> {
  readonly inFlightLimitBytes?: number
  readonly peers?: readonly string[]
  /** The queue is full: every request is refused. */
  readonly isQueueFull?: boolean
  /** For the jitter of connection ages. */
  readonly random?: () => number
}

const patient: ListenerSettings = {
  hijack: false,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  lingerTimeoutMs: 200,
  connectionLimitCount: 1000,
  connectionMaxAgeMs: 0,
  tls: undefined,
  backlog: 128,
  socketMode: 0o660,
  option: '--listen',
  isPortShared: false,
}

/** A listener under test; it ends with the test that opened it. */
export class ListenerBench {
  readonly listener: Listener
  readonly instruments: Instruments = new Instruments()
  readonly staging: Staging
  readonly peers: string[] = []
  readonly receivedAtMs: number[] = []
  addresses: readonly string[] = []
  readonly #consumer: CollectingConsumer

  private constructor(settings: BenchSettings) {
    const limits = { ...generousLimits, ...settings }
    const slabs = new SlabPool(1024 * 1024)
    this.staging = new Staging(limits, slabs, settings.inFlightLimitBytes ?? 64 * 1024 * 1024)
    this.#consumer = new CollectingConsumer(slabs)
    const facts = createFacts()
    const take = (recordFacts: RecordFacts): boolean => {
      this.peers.push(`${recordFacts.peer.toString('latin1')} ${recordFacts.peerPort > 0}`)
      this.receivedAtMs.push(recordFacts.receivedAtMs)
      return settings.isQueueFull !== true
    }
    const work = {
      staging: this.staging,
      limits,
      createReader: (consumer: ConstructorParameters<typeof RequestReader>[2]) =>
        new RequestReader(limits, this.staging, consumer, facts),
      isPeerAllowed: createPeerCheck(settings.peers ?? []),
      addWhole: (assembly: RequestAssembly, recordFacts: RecordFacts, chunk: Buffer) => {
        this.#consumer.onWholeRequest(assembly, recordFacts, chunk)
        return take(recordFacts)
      },
      addStaged: (assembly: RequestAssembly, recordFacts: RecordFacts, slab: Slab) => {
        this.#consumer.onStagedRequest(assembly, recordFacts, slab)
        return take(recordFacts)
      },
      queueBytes: () => 0,
    }
    this.listener = new Listener({ ...patient, ...settings }, work, this.instruments, settings.random ?? (() => 0))
  }

  /** Opens a listener on a free loopback port, or on `addresses`. */
  static async open(
    t: Test,
    settings: BenchSettings = {},
    addresses: readonly string[] = ['127.0.0.1:0'],
  ): Promise<ListenerBench> {
    const bench = new ListenerBench(settings)
    t.teardown(() => bench.stop())
    bench.addresses = await bench.listener.open(addresses.map(toAddress))
    return bench
  }

  /** A client of the first address; it ends with the test. */
  async connect(t: Test): Promise<Client> {
    const client = await Client.connect(this.addresses[0] ?? '')
    t.teardown(() => client.close())
    return client
  }

  get requests(): readonly ReadRequest[] {
    return this.#consumer.items.filter((item): item is ReadRequest => typeof item !== 'string')
  }

  async awaitRequests(count: number): Promise<void> {
    await waitUntil(
      `${count} requests`,
      () => this.requests.length >= count || undefined,
      () => JSON.stringify(this.requests),
    )
  }

  count(id: number): number {
    return this.instruments.counters.get(id)
  }

  get receivedCount(): number {
    return this.count(CounterId.received)
  }

  answers(kind: AnswerKind): number {
    return this.count(CounterId.answer + answerKinds.indexOf(kind))
  }

  rejected(reason: RejectedReason): number {
    return this.count(CounterId.rejected + rejectedReasons.indexOf(reason))
  }

  timeouts(kind: TimeoutKind): number {
    return this.count(CounterId.timeout + timeoutKinds.indexOf(kind))
  }

  outcomes(outcome: Outcome): number {
    return this.count(CounterId.outcome + outcomeIndex(outcome))
  }

  /** Waits until no connection is left: what they held must have come back by then. */
  async awaitNoConnections(): Promise<void> {
    await waitUntil('the last connection to close', () => this.listener.connectionCount === 0 || undefined)
  }

  async stop(): Promise<void> {
    await this.listener.stopAccepting()
    this.listener.closeConnections()
  }
}

function toAddress(text: string): ListenAddress {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return address
}
