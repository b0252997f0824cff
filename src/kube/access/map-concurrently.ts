// Runs a task for each of many items, some at a time.
import { requestsInFlight } from './transport.js'

/** The results in the order of the items; the first rejection rejects the whole after the tasks under way have ended. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
  limit: number = requestsInFlight,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  // One iterator that all workers draw from.
  const queue = items.entries()
  let hasFailed = false
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (hasFailed) return
      try {
        results[index] = await run(item, index)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return results
}
