// The stream of events and the search through stored ones: one list, newest first.
import { askEvents, faultText, isAborted } from './api-client.js'
import type { BreakdownDimension, EventSummary, LiveEvents, SearchAnswer } from './api-types.js'
import { fill, find, make, makeButton } from './dom.js'
import { makeEventRow } from './event-row.js'
import { type Filter, isEmptyFilter, isShown, noFilter, toggleName } from './filter.js'
import { formatCount, formatType } from './format.js'

/** Rows kept: more than anybody scrolls through, and the page stays quick. */
const rowLimit = 400

export interface EventListHooks {
  onOpen(event: EventSummary): void
  onFilter(filter: Filter): void
}

export class EventList {
  readonly #hooks: EventListHooks
  readonly #rows = find('events', HTMLOListElement)
  readonly #state = find('search-state', HTMLElement)
  readonly #chips = find('chips', HTMLElement)
  readonly #more = find('more', HTMLButtonElement)
  readonly #newer = find('newer', HTMLButtonElement)
  #filter: Filter
  #isPaused = false
  #newerCount = 0
  #nextId = 0
  #search = new AbortController()

  constructor(filter: Filter, hooks: EventListHooks) {
    this.#filter = filter
    this.#hooks = hooks
    this.#more.addEventListener('click', () => void this.#look(this.#nextId))
    this.#newer.addEventListener('click', () => this.resume())
    this.setFilter(filter)
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Shows the events of a filter from the newest on. */
  setFilter(filter: Filter): void {
    this.#filter = filter
    this.#showChips()
    this.#startOver()
  }

  pause(): void {
    this.#isPaused = true
    this.#showNewer()
  }

  resume(): void {
    this.#isPaused = false
    this.#startOver()
  }

  /** Events of the stream; while paused they are only counted. */
  add({ events, skipped }: LiveEvents): void {
    const shown = events.filter((event) => isShown(this.#filter, event))
    // Of those that the stream left out nobody knows whether they are wanted; without a filter all are.
    const unseen = isEmptyFilter(this.#filter) ? skipped : 0
    if (this.#isPaused) this.#newerCount += shown.length + unseen
    else this.#prepend(shown)
    if (!this.#isPaused && unseen > 0) this.#newerCount += unseen
    this.#showNewer()
  }

  /** Moves the focus by rows; from outside of the list to its first. */
  move(step: 1 | -1): void {
    const buttons = [...this.#rows.querySelectorAll<HTMLButtonElement>('button.event')]
    const focused = buttons.findIndex((button) => button.matches(':focus'))
    const target = focused < 0 ? 0 : Math.min(buttons.length - 1, Math.max(0, focused + step))
    buttons[target]?.focus()
    buttons[target]?.scrollIntoView({ block: 'nearest' })
  }

  /** The stored event next to another one in the list. */
  neighbour(id: number, step: 1 | -1): HTMLButtonElement | undefined {
    const buttons = [...this.#rows.querySelectorAll<HTMLButtonElement>('button.event:not([aria-disabled])')]
    const index = buttons.findIndex((button) => Number(button.dataset['id']) === id)
    return index < 0 ? undefined : buttons[index + step]
  }

  #startOver(): void {
    this.#newerCount = 0
    this.#showNewer()
    this.#rows.replaceChildren()
    void this.#look(undefined)
  }

  /** Asks on until a page of events is there or all were looked at; a new search ends an old one. */
  async #look(beforeId: number | undefined): Promise<void> {
    this.#search.abort()
    const search = new AbortController()
    this.#search = search
    this.#more.hidden = true
    const { text, names } = this.#filter
    let before = beforeId
    let scannedBefore = 0
    let total: number | undefined
    try {
      for (;;) {
        const answer = await askEvents({ ...names, text, before }, search.signal)
        total ??= answer.totalCount
        this.#append(answer.events)
        this.#nextId = answer.nextId
        scannedBefore += answer.scannedCount
        this.#showProgress(answer, scannedBefore, total)
        if (answer.isDone || answer.events.length > 0) break
        before = answer.nextId
      }
    } catch (thrown) {
      if (!isAborted(thrown)) this.#state.textContent = `The search ended: ${faultText(thrown)}`
    }
  }

  #showProgress(answer: SearchAnswer, scanned: number, total: number): void {
    this.#more.hidden = answer.isDone
    const count = this.#rows.childElementCount
    const looked = `looked at ${formatCount(scanned)} of ${formatCount(total)}`
    if (answer.isDone) this.#state.textContent = count === 0 ? `No events (${looked})` : `${count} shown, ${looked}`
    else this.#state.textContent = `${count} shown, ${looked}…`
  }

  #append(events: readonly EventSummary[]): void {
    const known = new Set(
      [...this.#rows.querySelectorAll<HTMLElement>('button.event')].map(({ dataset }) => dataset['id']),
    )
    const fresh = events.filter(({ id }) => !known.has(String(id)))
    this.#rows.append(...fresh.map((event) => makeEventRow(event, this.#hooks.onOpen)))
  }

  #prepend(events: readonly EventSummary[]): void {
    if (events.length === 0) return
    const rows = events.toReversed().map((event) => makeEventRow(event, this.#hooks.onOpen))
    for (const row of rows) row.classList.add('fresh')
    this.#rows.prepend(...rows)
    while (this.#rows.childElementCount > rowLimit) this.#rows.lastElementChild?.remove()
    if (this.#more.hidden) this.#state.textContent = `${this.#rows.childElementCount} shown`
  }

  #showNewer(): void {
    this.#newer.hidden = this.#newerCount === 0 && !this.#isPaused
    this.#newer.textContent = this.#isPaused
      ? `Paused: ${formatCount(this.#newerCount)} newer. Go on`
      : `${formatCount(this.#newerCount)} more came than are shown. Reload`
  }

  #showChips(): void {
    const names = Object.entries(this.#filter.names).map(([dimension, name]) => ({
      dimension: asDimension(dimension),
      name,
    }))
    fill(
      this.#chips,
      ...names.map(({ dimension, name }) =>
        makeButton(
          { class: 'chip', 'aria-label': `Remove the filter ${dimension} ${name}` },
          () => this.#hooks.onFilter(toggleName(this.#filter, dimension, name)),
          make('span', {}, `${dimension}: `),
          dimension === 'type' ? formatType(name) : name,
          make('span', { 'aria-hidden': 'true' }, ' ×'),
        ),
      ),
      !isEmptyFilter(this.#filter) &&
        makeButton({ class: 'chip clear' }, () => this.#hooks.onFilter(noFilter), 'Clear all'),
    )
  }
}

function asDimension(name: string): BreakdownDimension {
  return name === 'rule' || name === 'route' || name === 'client' ? name : 'type'
}
