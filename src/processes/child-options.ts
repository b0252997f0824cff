// The options of one process among several, made from those of the whole.
import type { ServeOptions } from '../options/serve-options.js'

/**
 * @param number - 1 to `options.processes`.
 * @param listen - where to listen; with port 0 each process would else have a port of its own.
 */
export function childOptions(options: ServeOptions, number: number, listen: readonly string[]): ServeOptions {
  return { ...options, listen, workers: workersOf(options, number) }
}

/** The first ones take what does not divide evenly. */
function workersOf({ workers, processes }: ServeOptions, number: number): number {
  const share = Math.floor(workers / processes) + (number <= workers % processes ? 1 : 0)
  return Math.max(1, share)
}
