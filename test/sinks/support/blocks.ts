// Blocks of small events, numbered so that order and loss can be seen.
import type { EventBlock } from '#src/sinks/sink.js'

export function block(...numbers: readonly number[]): EventBlock {
  const lines = numbers.map((number) => `{"number":${number}}\n`).join('')
  return { lines: Buffer.from(lines), eventCount: numbers.length }
}

/** The numbers in some JSON lines; a line that is no JSON counts as NaN. */
export function numbersIn(text: string): readonly number[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const found = /^\{"number":(\d+)\}$/.exec(line)
      return Number(found?.[1] ?? Number.NaN)
    })
}
