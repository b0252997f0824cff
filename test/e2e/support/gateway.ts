// What the tests need of a gateway, whichever it is.
import type { OwnProcess } from './own-process.js'

/** The parts around a gateway: it mirrors what it passes to the primary. */
export interface GatewayPorts {
  readonly primary: number
  readonly receiver: number
}

export interface Gateway {
  /** Where clients connect. */
  readonly port: number
  readonly process: OwnProcess
  /** The file that it runs, where it is one that doctor can read. */
  readonly configuration?: string
}
