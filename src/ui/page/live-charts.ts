// The moving charts: five minutes, one point a second.
import type { LiveSample } from './api-types.js'
import { make } from './dom.js'
import { formatBytes, formatClock, formatMicroseconds, formatPercent, formatRate } from './format.js'
import { colour } from './theme.js'
import uPlot from './vendor/uplot.js'

interface Line {
  readonly label: string
  /** Name of a colour of the theme. */
  readonly colour: string
  readonly isFilled?: boolean
  read(sample: LiveSample): number
}

interface ChartPlan {
  readonly title: string
  /** What the chart says, for those who do not see it. */
  readonly describes: string
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** The axis reaches this at least, so that noise near zero does not look like a storm. */
  readonly least: number
}

/** Points shown, one a second. */
const pointLimit = 300
const chartHeight = 130

/** All charts together; redrawn as one. */
export class LiveCharts {
  readonly #home: HTMLElement
  readonly #samples: LiveSample[] = []
  #plans: readonly ChartPlan[] = []
  #plots: { readonly plot: uPlot; readonly plan: ChartPlan; readonly box: HTMLElement }[] = []

  constructor(home: HTMLElement) {
    this.#home = home
    new ResizeObserver(() => this.#resize()).observe(home)
  }

  /** Starts over with what the server still has. */
  start(outcomes: readonly string[], samples: readonly LiveSample[]): void {
    this.#samples.splice(0, this.#samples.length, ...samples.slice(-pointLimit))
    this.#plans = planCharts(outcomes)
    this.redraw()
  }

  add(sample: LiveSample): void {
    this.#samples.push(sample)
    if (this.#samples.length > pointLimit) this.#samples.shift()
    if (document.hidden) return
    for (const { plot, plan } of this.#plots) {
      plot.setData(dataOf(plan, this.#samples))
      this.#showNewest(plot)
    }
  }

  /** Draws all anew, e.g. in other colours. */
  redraw(): void {
    for (const { plot } of this.#plots) plot.destroy()
    this.#home.replaceChildren()
    this.#plots = this.#plans.map((plan) => {
      const box = make('div', { class: 'chart-box', role: 'img', 'aria-label': plan.describes })
      this.#home.append(make('figure', { class: 'panel chart' }, make('figcaption', {}, plan.title), box))
      const plot = new uPlot(optionsOf(plan, box.clientWidth), dataOf(plan, this.#samples), box)
      this.#showNewest(plot)
      return { plan, box, plot }
    })
  }

  /** Without a pointer over it, a chart says what is now. */
  #showNewest(plot: uPlot): void {
    if ((plot.cursor.left ?? -1) < 0 && this.#samples.length > 0) plot.setLegend({ idx: this.#samples.length - 1 })
  }

  #resize(): void {
    for (const { plot, box } of this.#plots) {
      if (box.clientWidth > 0 && box.clientWidth !== plot.width)
        plot.setSize({ width: box.clientWidth, height: chartHeight })
    }
  }
}

function planCharts(outcomes: readonly string[]): ChartPlan[] {
  const outcome = (name: string, colourName: string): Line => {
    const index = outcomes.indexOf(name)
    return { label: name, colour: colourName, read: (sample) => sample.outcomesPerSecond[index] ?? 0 }
  }
  return [
    {
      title: 'Requests per second',
      describes: 'Requests per second, received and found clean, over the last five minutes',
      format: formatRate,
      least: 5,
      lines: [
        { label: 'received', colour: '--accent', isFilled: true, read: (sample) => sample.receivedPerSecond },
        outcome('clean', '--good'),
      ],
    },
    {
      title: 'Outcomes other than clean, per second',
      describes: 'Outcomes per second other than clean over the last five minutes',
      format: formatRate,
      least: 1,
      lines: [
        outcome('matched', '--attack'),
        outcome('truncated', '--series-3'),
        outcome('timed-out', '--accent'),
        outcome('aborted', '--series-4'),
        outcome('unparsable', '--series-5'),
        outcome('shed', '--warn'),
        outcome('lost', '--series-other'),
      ],
    },
    {
      title: 'Queue',
      describes: 'Bytes that wait for a worker, and bytes that are still arriving, over the last five minutes',
      format: formatBytes,
      least: 64 * 1024,
      lines: [
        { label: 'waiting', colour: '--warn', isFilled: true, read: (sample) => sample.queueBytes },
        { label: 'arriving', colour: '--accent', read: (sample) => sample.inFlightBytes },
      ],
    },
    latency('Answer latency', 'From the last body byte to the answer', 'answerP50Us', 'answerP99Us'),
    latency('Verdict latency', 'From the last body byte to the verdict', 'verdictP50Us', 'verdictP99Us'),
    {
      title: 'Workers busy',
      describes: 'Share of time that workers were busy over the last five minutes',
      format: formatPercent,
      least: 1,
      lines: [{ label: 'busy', colour: '--series-4', isFilled: true, read: (sample) => sample.workerBusyRatio }],
    },
  ]
}

function latency(
  title: string,
  describes: string,
  p50: 'answerP50Us' | 'verdictP50Us',
  p99: 'answerP99Us' | 'verdictP99Us',
): ChartPlan {
  return {
    title,
    describes: `${describes}, median and 99th percentile, over the last five minutes`,
    format: formatMicroseconds,
    least: 100,
    lines: [
      { label: 'p99', colour: '--warn', read: (sample) => sample[p99] },
      { label: 'p50', colour: '--accent', read: (sample) => sample[p50] },
    ],
  }
}

function dataOf(plan: ChartPlan, samples: readonly LiveSample[]): uPlot.AlignedData {
  return [
    samples.map(({ atMs }) => atMs / 1000),
    ...plan.lines.map(({ read }) => samples.map((sample) => read(sample))),
  ]
}

function optionsOf(plan: ChartPlan, width: number): uPlot.Options {
  const line = colour('--line')
  const axis = { stroke: colour('--quiet'), font: '11px system-ui, sans-serif', ticks: { show: false } }
  return {
    width,
    height: chartHeight,
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: {
      // The window moves on even when nothing comes.
      x: { range: (_plot, _least, most) => [most - pointLimit, most] },
      y: { range: (_plot, _least, most) => [0, Math.max(plan.least, most * 1.1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 24, values: (_plot, times) => times.map(formatClock) },
      {
        ...axis,
        grid: { stroke: line, width: 1 },
        size: 62,
        space: 34,
        values: (_plot, values) => values.map((value) => plan.format(value)),
      },
    ],
    series: [
      { value: (_plot, value) => (value === null ? '' : new Date(value * 1000).toLocaleTimeString()) },
      ...plan.lines.map(({ label, colour: name, isFilled }) => ({
        label,
        stroke: colour(name),
        width: 1.5,
        points: { show: false },
        value: (_plot: uPlot, value: number | null) => (value === null ? '' : plan.format(value)),
        ...(isFilled === true ? { fill: `${colour(name)}22` } : {}),
      })),
    ],
  }
}
