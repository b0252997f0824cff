// A desk with its page on a free loopback port, fed by the test.
import type { Test } from 'tap'
import { Instruments } from '#src/observe/instruments.js'
import { type DeskSettings, EventDesk, type UiDeskSettings } from '#src/ui/event-desk.js'
import { newLedger } from '../../sinks/support/no-account.js'
import { blockOf } from '../../store/support/event-lines.js'

export interface StartedDesk {
  readonly desk: EventDesk
  readonly instruments: Instruments
  readonly url: string
  /** Stores events, and waits until they are. */
  give(events: readonly object[]): Promise<void>
  /** @returns the status and what the JSON holds. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<{ status: number; answer: unknown }>
}

export async function startDesk(
  t: Test,
  ui: Partial<UiDeskSettings> = {},
  settings: Partial<DeskSettings> = {},
): Promise<StartedDesk> {
  const instruments = new Instruments()
  const desk = await EventDesk.open(
    {
      storePath: '',
      storeLimitBytes: 32 * 1024 * 1024,
      storeAgeMs: 365_000 * 86_400_000,
      queueLimitBytes: 16 * 1024 * 1024,
      ui: { address: { host: '127.0.0.1', port: 0 }, hosts: [], tokenFile: '', rules: [], ...ui },
      ...settings,
    },
    instruments,
    () => {},
    newLedger(),
  )
  t.teardown(() => desk.close())
  const url = `http://127.0.0.1:${desk.address?.port}`
  return {
    desk,
    instruments,
    url,
    async give(events) {
      desk.accept(blockOf(events))
      await desk.flush(5000)
    },
    async ask(path, headers = {}) {
      const response = await fetch(`${url}${path}`, { headers })
      return { status: response.status, answer: await response.json() }
    },
  }
}
