// A process that only exists in memory, for commands under test.
import type { CommandIo } from '#src/commands/command.js'
import type { Environment } from '#src/options/environment.js'

/** What a command wrote, and the io to give it. */
export interface FakeIo {
  readonly io: CommandIo
  readonly out: () => string
  readonly err: () => string
}

/** @param readerLeavesAfter - how many prints the reader of stdout takes before it goes away. */
export function createFakeIo(
  environment: Environment = {},
  isWatched = false,
  readerLeavesAfter: number = Number.POSITIVE_INFINITY,
): FakeIo {
  const printed: string[] = []
  let reported = ''
  const io: CommandIo = {
    environment,
    isWatched,
    isColoured: false,
    async print(text) {
      if (printed.length >= readerLeavesAfter) return false
      printed.push(text)
      return true
    },
    report(text) {
      reported += text
    },
  }
  return { io, out: () => printed.join(''), err: () => reported }
}
