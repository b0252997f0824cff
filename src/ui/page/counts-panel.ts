// Attacks of a time range: bars over time, and lists by type, rule, route and client that filter the events below.
import { askCounts, faultText } from './api-client.js'
import { type BreakdownDimension, breakdownDimensions, type CountsAnswer, type NameCount } from './api-types.js'
import { fill, find, make, makeButton, say } from './dom.js'
import type { Filter } from './filter.js'
import { formatClock, formatCount, formatDay, formatType } from './format.js'
import { colour } from './theme.js'
import uPlot from './vendor/uplot.js'

/** Ranges to choose from, with the key that chooses each. */
export const ranges: readonly { readonly name: string; readonly ms: number }[] = [
  { name: '15 minutes', ms: 900_000 },
  { name: '1 hour', ms: 3_600_000 },
  { name: '24 hours', ms: 86_400_000 },
  { name: '7 days', ms: 604_800_000 },
]

/** Types with a colour of their own; the others share one. */
const shownTypes = 5
const typeColours = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-other'] as const
const refreshMs = 5000
const dayMs = 86_400_000
const timelineHeight = 130

const titles: Readonly<Record<BreakdownDimension, string>> = {
  type: 'By type',
  rule: 'By rule',
  route: 'By route',
  client: 'By client',
}

export class CountsPanel {
  readonly #onPick: (dimension: BreakdownDimension, name: string) => void
  readonly #timeline = find('timeline', HTMLElement)
  readonly #lists = find('breakdowns', HTMLElement)
  readonly #choices = find('ranges', HTMLElement)
  #rangeMs = ranges[1]?.ms ?? 3_600_000
  #filter: Filter
  #answer: CountsAnswer | undefined
  #plot: uPlot | undefined
  #isAsking = false

  /** @param onPick - a name was chosen, or chosen again to give it up. */
  constructor(filter: Filter, onPick: (dimension: BreakdownDimension, name: string) => void) {
    this.#filter = filter
    this.#onPick = onPick
    this.#showRanges()
    window.setInterval(() => void this.refresh(), refreshMs)
    new ResizeObserver(() => this.#drawTimeline()).observe(this.#timeline)
  }

  setFilter(filter: Filter): void {
    this.#filter = filter
    this.#showLists()
  }

  choose(index: number): void {
    const range = ranges[index]
    if (range === undefined) return
    this.#rangeMs = range.ms
    this.#showRanges()
    say(`Attacks of the last ${range.name}`)
    void this.refresh()
  }

  async refresh(): Promise<void> {
    if (this.#isAsking || document.hidden) return
    this.#isAsking = true
    try {
      this.#answer = await askCounts(this.#rangeMs)
      this.redraw()
    } catch (thrown) {
      say(`Counts cannot be read: ${faultText(thrown)}`)
    } finally {
      this.#isAsking = false
    }
  }

  redraw(): void {
    this.#showLists()
    this.#drawTimeline()
  }

  #showRanges(): void {
    fill(
      this.#choices,
      ...ranges.map(({ name, ms }, index) =>
        makeButton(
          { class: 'choice', 'aria-pressed': String(ms === this.#rangeMs), title: `Key ${index + 1}` },
          () => this.choose(index),
          name,
        ),
      ),
    )
  }

  #showLists(): void {
    const answer = this.#answer
    if (answer === undefined) return
    find('attack-total', HTMLElement).textContent = `${formatCount(answer.total)} events`
    // A list that is drawn anew while somebody moves in it by keyboard must not lose their place.
    const focused = document.activeElement?.getAttribute('data-name') ?? undefined
    fill(this.#lists, ...breakdownDimensions.map((dimension) => this.#makeList(dimension, answer)))
    if (focused === undefined) return
    for (const button of this.#lists.querySelectorAll<HTMLElement>('button')) {
      if (button.dataset['name'] === focused) button.focus({ preventScroll: true })
    }
  }

  #makeList(dimension: BreakdownDimension, answer: CountsAnswer): HTMLElement {
    const counts = answer.breakdowns[dimension]
    const most = Math.max(1, ...counts.map(({ count }) => count))
    const types = answer.breakdowns.type.map(({ name }) => name)
    const rows = counts.map((entry) => this.#makeRow(dimension, entry, most, answer, types))
    const list = rows.length === 0 ? make('p', { class: 'empty' }, 'Nothing in this time') : make('ol', {}, ...rows)
    return make('section', { class: 'panel breakdown' }, make('h3', {}, titles[dimension]), list)
  }

  #makeRow(
    dimension: BreakdownDimension,
    { name, count }: NameCount,
    most: number,
    answer: CountsAnswer,
    types: readonly string[],
  ): HTMLElement {
    const bar = make('span', { class: 'bar', 'aria-hidden': 'true' })
    bar.style.setProperty('--share', `${Math.max(1, Math.round((100 * count) / most))}%`)
    if (dimension === 'type') bar.style.setProperty('--bar', `var(${typeColour(types.indexOf(name))})`)
    const figure = make('span', { class: 'figure' }, formatCount(count))
    if (name === '') {
      return make('li', { class: 'others' }, bar, make('span', { class: 'name' }, 'all others'), figure)
    }
    const ruleName = dimension === 'rule' ? (answer.ruleNames[name] ?? '') : ''
    const isChosen = this.#filter.names[dimension] === name
    const button = makeButton(
      {
        'aria-pressed': String(isChosen),
        'data-name': `${dimension} ${name}`,
        title: ruleName === '' ? name : ruleName,
      },
      () => this.#onPick(dimension, name),
      make('span', { class: 'name' }, dimension === 'type' ? formatType(name) : name),
      ruleName !== '' && make('span', { class: 'aside' }, ruleName),
      figure,
    )
    return make('li', {}, bar, button)
  }

  #drawTimeline(): void {
    const answer = this.#answer
    const width = this.#timeline.clientWidth
    if (answer === undefined || width === 0) return
    this.#plot?.destroy()
    this.#plot = new uPlot(timelineOptions(width, answer), stack(answer), this.#timeline)
  }
}

function typeColour(index: number): string {
  return (index < 0 ? undefined : typeColours[Math.min(index, shownTypes)]) ?? typeColours[shownTypes] ?? '--accent'
}

/** Each series holds the sum of itself and all below it; the highest is drawn first. */
function stack(answer: CountsAnswer): uPlot.AlignedData {
  const { fromMs, toMs, slotMs, timeline, breakdowns } = answer
  const types = breakdowns.type.slice(0, shownTypes).map(({ name }) => name)
  const first = Math.floor(fromMs / slotMs) * slotMs
  const slotCount = Math.max(1, Math.ceil((toMs - first) / slotMs))
  const sums = Array.from({ length: shownTypes + 1 }, () => new Array<number>(slotCount).fill(0))
  for (const { startMs, name, count } of timeline) {
    const slot = Math.floor((startMs - first) / slotMs)
    const index = types.indexOf(name)
    for (let series = index < 0 ? shownTypes : index; series <= shownTypes; series++) {
      const row = sums[series]
      if (row !== undefined && slot >= 0 && slot < slotCount) row[slot] = (row[slot] ?? 0) + count
    }
  }
  const times = Array.from({ length: slotCount }, (_, slot) => (first + slot * slotMs + slotMs / 2) / 1000)
  return [times, ...sums.toReversed()]
}

function timelineOptions(width: number, { fromMs, toMs }: CountsAnswer): uPlot.Options {
  const axis = { stroke: colour('--quiet'), font: '11px system-ui, sans-serif', ticks: { show: false } }
  const bars = uPlot.paths.bars?.({ size: [0.85, 24], radius: 0.1 })
  return {
    width,
    height: timelineHeight,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { range: () => [fromMs / 1000, toMs / 1000] },
      y: { range: (_plot, _least, most) => [0, Math.max(4, most * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        values: (_plot, times) => times.map(toMs - fromMs > dayMs ? formatDay : formatClock),
      },
      { ...axis, grid: { stroke: colour('--line'), width: 1 }, size: 48, space: 34 },
    ],
    series: [
      {},
      ...typeColours.toReversed().map((name) => ({
        fill: colour(name),
        stroke: colour(name),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
  }
}
