// One round of one scenario: fresh servers side by side, each warmed up, then loaded in turns of short slices, then stopped.
// Short slices, because what disturbs a machine comes and goes within seconds and should meet all servers alike; fresh
// processes, because what differs from process to process (JIT, memory layout) belongs into the spread that is reported.
import type { Sender } from '../load/sender.js'
import type { Scenario } from '../scenarios.js'
import type { ServerKind } from '../servers/server.js'
import { type RoundResult, Session } from './session.js'

/** How long each server is loaded in a round, in all its slices together. */
export interface RoundLengths {
  readonly warmUpSeconds: number
  readonly closedSeconds: number
  readonly openSeconds: number
  /** Length of one slice. Shorter ones cancel more of what else happens on the machine, and take longer in all. */
  readonly sliceSeconds: number
}

/** Where rounds are run. */
export interface RoundBench {
  readonly scenario: Scenario
  readonly lengths: RoundLengths
  readonly sender: Sender
  /** Core of the servers; `undefined` = any. */
  readonly core: number | undefined
}

/** Autocannon counts whole seconds. */
const autocannonSliceSeconds = 1

/** Runs one round. @returns the results in the order of `kinds`. */
export async function measureRound(
  kinds: readonly ServerKind[],
  round: number,
  bench: RoundBench,
): Promise<RoundResult[]> {
  const { scenario, lengths, sender, core } = bench
  const { openPerSecond } = scenario
  const sessions: Session[] = []
  try {
    for (const kind of kinds) sessions.push(await Session.start(kind, scenario, round, sender, core))
    // Each slice begins with another server, so that none is always the one after the noisiest.
    const inTurns = async (
      slices: number,
      firstSlice: number,
      run: (session: Session) => Promise<void>,
    ): Promise<void> => {
      for (let slice = firstSlice; slice < firstSlice + slices; slice++) {
        const start = slice % sessions.length
        for (const session of [...sessions.slice(start), ...sessions.slice(0, start)]) await run(session)
      }
    }
    await inTurns(1, round, (session) => session.warmUp(lengths.warmUpSeconds))
    if (scenario.closed !== 'none') {
      const seconds = scenario.closed === 'autocannon' ? autocannonSliceSeconds : lengths.sliceSeconds
      await inTurns(Math.ceil(lengths.closedSeconds / seconds), round, (session) => session.runClosed(seconds))
    }
    if (openPerSecond !== undefined) {
      const slices = Math.ceil(lengths.openSeconds / lengths.sliceSeconds)
      await inTurns(slices, round, (session) => session.runOpen(lengths.sliceSeconds, openPerSecond))
    }
    const results: RoundResult[] = []
    for (const session of sessions) results.push(await session.result())
    return results
  } finally {
    await Promise.all(sessions.map((session) => session.stop()))
  }
}
