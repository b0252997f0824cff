// Waiting for something that another process does: asked again and again, always with an end.

/** How long a test waits for another process before it fails; far above what any of them needs on a machine that others use too. */
export const patienceMs = 30_000

/** Resolves after so many milliseconds. */
export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}

/**
 * Asks `probe` every 20 ms until it gives something other than `undefined`.
 * @param what - what is waited for, in words; the error says it.
 * @param explain - added to the error: state that helps to see why it did not happen.
 * @throws Error when `timeoutMs` have passed; the probe's last error is its cause.
 */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  explain: () => string = () => '',
  timeoutMs: number = patienceMs,
): Promise<T> {
  const endMs = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < endMs) {
    try {
      const value = await probe()
      if (value !== undefined) return value
    } catch (thrown) {
      cause = thrown
    }
    await sleep(20)
  }
  throw new Error(`waited ${timeoutMs} ms for ${what} ${explain()}`, { cause })
}

/** @returns whether `isTrue` comes true while a test waits for it: for assertions that say more than "waited in vain". */
export async function comesTrue(isTrue: () => Promise<boolean> | boolean): Promise<boolean> {
  const endMs = performance.now() + patienceMs
  while (performance.now() < endMs) {
    if (await isTrue()) return true
    await sleep(20)
  }
  return false
}
