// What the page says of the history: where it is kept, what was lost of it, whether it works.
import type { StoreInfo } from './api-types.js'
import { formatBytes } from './format.js'

export function describeStore({ kind, limitBytes, forgottenCount, fault }: StoreInfo): string {
  if (fault !== null) return `the history does not work: ${fault}. Events wait; it is tried again`
  const kept = `events are kept ${kind === 'file' ? 'on disk' : 'in memory'}, up to ${formatBytes(limitBytes)}`
  if (forgottenCount === 0) return kept
  return `${kept} · ${forgottenCount} earlier ones were lost with a reporting thread that died`
}
