// The receiver as a library object: start, stop, and an `event` for each attack.
import { EventEmitter } from 'node:events'
import { MirrorwafError } from './errors.js'
import type { HttpListener } from './listener/http-request-source.js'
import { createLog } from './observe/log.js'
import { completeServeOptions } from './options/load.js'
import type { ServeOptions } from './options/serve-options.js'
import { type Pipeline, type PipelineInfo, startPipeline } from './pipeline.js'
import type { SecurityEvent } from './verdict/event.js'

/**
 * Options of the receiver; what is left out has the default of the option table, except that a library writes no events,
 * opens no admin port and waits for nothing when it stops unless it is told to. Neither flags nor environment are read.
 * A program's processes are its own: to share a port among several is left to it.
 */
export type ReceiverOptions = Partial<Omit<ServeOptions, 'processes'>>

/** What a receiver emits. */
export interface ReceiverEvents {
  /** One matched request. */
  event: [SecurityEvent]
}

const libraryDefaults: ReceiverOptions = { events: ['none'], admin: 'off', drainDelayMs: 0 }

/** A receiver that another program owns. Make it with `createReceiver`. */
export class Receiver extends EventEmitter<ReceiverEvents> {
  readonly #options: ServeOptions
  #pipeline: Pipeline | undefined

  constructor(options: ReceiverOptions) {
    super()
    this.#options = completeOptions(options)
  }

  /**
   * Opens the sockets and starts the workers.
   * @returns the bound addresses and the engine.
   * @throws MirrorwafError of the part that cannot start.
   */
  async start(): Promise<PipelineInfo> {
    this.#pipeline = await startPipeline(this.#options, {
      log: createLog({ level: this.#options.logLevel }),
      onEvent: (line) => this.emit('event', readEvent(line)),
    })
    return this.#pipeline.info
  }

  /** Loads the ruleset files again; a bad ruleset leaves the old one in use and is logged. */
  async reload(): Promise<void> {
    await this.#pipeline?.reload()
  }

  /** Drains and ends everything that `start` began. */
  async stop(): Promise<void> {
    await this.#pipeline?.stop()
    this.#pipeline = undefined
  }
}

/**
 * Makes a receiver; nothing is opened before `start`.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN` or `MWAF_OPTIONS_VALUE`.
 */
export function createReceiver(options: ReceiverOptions = {}): Receiver {
  return new Receiver(options)
}

/** A `request` listener for node:http with the workers behind it. */
export interface MirrorListener extends HttpListener {
  /** Finishes what is queued and ends the workers. */
  close(): Promise<void>
}

/**
 * Starts workers and makes a listener for an existing node:http server:
 * `http.createServer(await requestMirrorListener({ hijack: true }, (event) => …))`.
 * @param options - as for a receiver; `hijack` is on unless switched off, as in the Go mirror's `HTTPRequestMirrorHandler`.
 * @param onEvent - called with each event.
 * @throws MirrorwafError as `Receiver.start`.
 */
export async function requestMirrorListener(
  options: Omit<ReceiverOptions, 'listen'> = {},
  onEvent?: (event: SecurityEvent) => void,
): Promise<MirrorListener> {
  const complete = completeOptions({ hijack: true, ...options })
  const pipeline = await startPipeline(
    { ...complete, listen: [] },
    {
      log: createLog({ level: complete.logLevel }),
      onEvent: onEvent === undefined ? undefined : (line) => onEvent(readEvent(line)),
    },
  )
  return Object.assign(pipeline.createHttpListener(), { close: () => pipeline.stop() })
}

/** JavaScript callers are not held by the type. */
function completeOptions(given: ReceiverOptions): ServeOptions {
  const options = completeServeOptions({ ...libraryDefaults, ...given })
  if (options.processes === 1) return options
  throw new MirrorwafError('MWAF_OPTIONS_VALUE', {
    source: 'option processes',
    value: options.processes,
    option: 'processes',
    accepted: '1; several are for `mirrorwaf serve`',
  })
}

function readEvent(line: Uint8Array): SecurityEvent {
  // Our own encoder wrote this line a moment ago, from a SecurityEvent.
  return JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString()) as SecurityEvent
}
