// One event as a line of a list.
import type { EventSummary } from './api-types.js'
import { make, makeButton } from './dom.js'
import { formatDayAndTime, formatTime, formatType } from './format.js'

/** @param onOpen - not called for events that are not stored: there is nothing to open. */
export function makeEventRow(event: EventSummary, onOpen: (event: EventSummary) => void): HTMLLIElement {
  const [first] = event.rules
  const more = event.rules.length - 1
  const target = `${event.path}${event.query === '' ? '' : `?${event.query}`}`
  const isStored = event.id !== 0
  const button = makeButton(
    { class: 'event', 'data-id': event.id, 'aria-disabled': isStored ? undefined : 'true' },
    () => {
      if (isStored) onOpen(event)
    },
    make(
      'time',
      { datetime: new Date(event.atMs).toISOString(), title: formatDayAndTime(event.atMs) },
      formatTime(event.atMs),
    ),
    make('span', { class: 'badge' }, formatType(first?.type ?? 'unknown')),
    make(
      'span',
      { class: 'request' },
      make('b', {}, event.method),
      ' ',
      make('span', { class: 'host' }, event.host),
      target,
    ),
    make('span', { class: 'why' }, make('span', {}, `${event.where}: `), make('code', {}, event.value)),
    make('span', { class: 'rule' }, `${first?.name ?? ''}${more > 0 ? ` (+${more})` : ''}`),
    make('span', { class: 'client' }, event.client),
  )
  return make('li', {}, button)
}
