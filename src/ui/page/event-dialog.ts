// An opened event: request, reasons, rule, similar events, exclusion.
import { askEvent, askEvents, faultText, isAborted } from './api-client.js'
import type { EventDetail, EventSummary } from './api-types.js'
import { fill, find, make, makeButton } from './dom.js'
import { makeEventRow } from './event-row.js'
import { makeExclusionPanel } from './exclusion-panel.js'
import { formatDayAndTime, formatType } from './format.js'
import { makeReasons, makeRequestView, makeRuleView } from './request-view.js'

/** Similar events shown. */
const similarLimit = 8

export class EventDialog {
  readonly #dialog = find('detail', HTMLDialogElement)
  readonly #content = find('detail-content', HTMLElement)
  #asking = new AbortController()
  #openId = 0

  constructor() {
    this.#dialog.addEventListener('close', () => {
      this.#asking.abort()
      this.#openId = 0
    })
    // A click beside the drawer closes it, as in every other one.
    this.#dialog.addEventListener('click', ({ target }) => {
      if (target === this.#dialog) this.#dialog.close()
    })
  }

  /** The event that is open, 0 when none is. */
  get openId(): number {
    return this.#openId
  }

  close(): void {
    this.#dialog.close()
  }

  async open(event: EventSummary): Promise<void> {
    this.#asking.abort()
    const asking = new AbortController()
    this.#asking = asking
    this.#openId = event.id
    fill(this.#content, make('p', { class: 'empty' }, 'Opening…'))
    if (!this.#dialog.open) this.#dialog.showModal()
    try {
      const detail = await askEvent(event.id, asking.signal)
      this.#show(detail, asking.signal)
    } catch (thrown) {
      if (!isAborted(thrown))
        fill(this.#content, this.#makeHead(event), make('p', { class: 'fault' }, faultText(thrown)))
    }
  }

  #show(detail: EventDetail, signal: AbortSignal): void {
    const { matches, matchesOmitted } = detail
    fill(
      this.#content,
      this.#makeHead(detail.summary),
      section('The request', makeRequestView(detail), makeFacts(detail)),
      ...matches.map((match) => section('Why it matched', makeReasons(match), makeRuleView(match))),
      matchesOmitted > 0 && make('p', { class: 'quiet' }, `${matchesOmitted} more matches did not fit into the event.`),
      section('Exclude it', makeExclusionPanel(detail, signal)),
      this.#makeSimilar(detail.summary, signal),
      make(
        'details',
        {},
        make('summary', {}, 'The whole event'),
        make('pre', { class: 'file', tabindex: 0, 'aria-label': 'The whole event as JSON' }, detail.json),
      ),
    )
    this.#content.scrollTop = 0
  }

  #makeHead(event: EventSummary): HTMLElement {
    const [first] = event.rules
    return make(
      'header',
      { class: 'detail-head' },
      make(
        'div',
        {},
        make('h2', { id: 'detail-title' }, first?.name ?? 'Event'),
        make(
          'p',
          {},
          make('span', { class: 'badge' }, formatType(first?.type ?? 'unknown')),
          ` ${formatDayAndTime(event.atMs)} from ${event.client}`,
        ),
      ),
      makeButton({ class: 'plain', 'aria-label': 'Close' }, () => this.close(), 'Close'),
    )
  }

  #makeSimilar(event: EventSummary, signal: AbortSignal): HTMLElement {
    const [first] = event.rules
    const list = make('ol', { class: 'events small', 'aria-label': 'Similar events' })
    const found = make('p', { class: 'empty' }, 'Looking…')
    void this.#findSimilar({ rule: first?.id, route: event.route }, event.id, list, found, signal)
    return section('Similar events: same rule, same route', found, list)
  }

  async #findSimilar(
    query: { readonly rule: string | undefined; readonly route: string },
    ownId: number,
    list: HTMLElement,
    state: HTMLElement,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const { events, isDone } = await askEvents(query, signal)
      const others = events.filter(({ id }) => id !== ownId)
      fill(
        list,
        ...others.slice(0, similarLimit).map((event) => makeEventRow(event, (opened) => void this.open(opened))),
      )
      const atLeast = isDone ? '' : 'at least '
      state.textContent = others.length === 0 ? 'None is stored.' : `${atLeast}${others.length} more`
    } catch (thrown) {
      if (!isAborted(thrown)) state.textContent = faultText(thrown)
    }
  }
}

function section(title: string, ...children: readonly (Node | string)[]): HTMLElement {
  return make('section', {}, make('h3', {}, title), ...children)
}

function makeFacts({ clientIp, chain, requestId, traceId, flags, outcome }: EventDetail): HTMLElement {
  const facts: [name: string, value: string][] = [
    ['client', clientIp ?? 'unknown'],
    ['came through', chain.join(' → ')],
    ['request id', requestId ?? ''],
    ['trace', traceId ?? ''],
    ['outcome', [outcome, ...flags.map(formatType)].join(', ')],
  ]
  const shown = facts.filter(([, value]) => value !== '')
  return make(
    'dl',
    { class: 'facts' },
    ...shown.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]),
  )
}
