// How long to leave a destination alone that could not take a block: longer each time, and never for all replicas alike.

/** First pause, longest pause, and how often one block is tried: about five minutes in all. */
const firstMs = 250
const longestMs = 30_000
export const attemptLimit = 16

/**
 * @param attempt - how often the block has failed, from 1.
 * @param random - from 0 up to 1; half of the pause is left to it, so that replicas do not come back together.
 */
export function retryDelayMs(attempt: number, random: number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** (attempt - 1))
  return fullMs * (0.5 + random / 2)
}
