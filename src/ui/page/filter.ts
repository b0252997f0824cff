// Which events are shown: chosen names and a text. Kept in the address, so that a view can be sent to a colleague.
import type { BreakdownDimension, EventSummary } from './api-types.js'
import { breakdownDimensions } from './api-types.js'

export interface Filter {
  readonly text: string
  readonly names: Readonly<Partial<Record<BreakdownDimension, string>>>
}

export const noFilter: Filter = { text: '', names: {} }

export function isEmptyFilter({ text, names }: Filter): boolean {
  return text === '' && Object.keys(names).length === 0
}

/** With a name chosen, or given up when it is the one that is chosen. */
export function toggleName(filter: Filter, dimension: BreakdownDimension, name: string): Filter {
  const { [dimension]: chosen, ...others } = filter.names
  return { ...filter, names: chosen === name ? others : { ...others, [dimension]: name } }
}

/** Whether an event of the stream is one of them; a text is looked for in what the list shows. */
export function isShown({ text, names }: Filter, event: EventSummary): boolean {
  const { rule, type, route, client } = names
  if (rule !== undefined && !event.rules.some(({ id }) => id === rule)) return false
  if (type !== undefined && !event.rules.some((shown) => shown.type === type)) return false
  if (route !== undefined && event.route !== route) return false
  if (client !== undefined && event.client !== client) return false
  return text === '' || JSON.stringify(event).toLowerCase().includes(JSON.stringify(text).slice(1, -1).toLowerCase())
}

export function readFilter(search: string): Filter {
  const parameters = new URLSearchParams(search)
  const given = breakdownDimensions.flatMap((dimension) => {
    const name = parameters.get(dimension)
    return name === null || name === '' ? [] : [[dimension, name] as const]
  })
  return { text: parameters.get('text') ?? '', names: Object.fromEntries(given) }
}

export function writeFilter({ text, names }: Filter): string {
  const parameters = new URLSearchParams(Object.entries(names))
  if (text !== '') parameters.set('text', text)
  const written = parameters.toString()
  return written === '' ? '/' : `/?${written}`
}
