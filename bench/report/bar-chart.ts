// Grouped horizontal bars as SVG: one group per scenario, one bar per server, a thin line from the lowest to the highest round.
import type { Interval } from '../measure/statistics.js'
import { formatNumber } from './format.js'
import { roundUp, seriesColours, svgDocument, svgLine, svgRect, svgText } from './svg.js'

/** One bar; `undefined` = this server has no such figure. */
export interface BarGroup {
  readonly label: string
  /** In the order of the chart's series. */
  readonly bars: readonly (Interval | undefined)[]
}

/** A chart of one figure. */
export interface BarChart {
  readonly title: string
  readonly unit: string
  readonly series: readonly string[]
  readonly groups: readonly BarGroup[]
}

const width = 860
const left = 190
const right = 120
const top = 70
const barHeight = 14
const groupGap = 14
/** About what a letter takes at 12 pixels; fonts differ, so the legend leaves room. */
const letterWidth = 7

/** Draws the chart. */
export function renderBarChart(chart: BarChart): string {
  const groupHeight = chart.series.length * barHeight + groupGap
  const bottom = top + chart.groups.length * groupHeight
  const highest = Math.max(...chart.groups.flatMap((group) => group.bars.map((bar) => bar?.high ?? 0)))
  const axisEnd = roundUp(highest)
  const scale = (value: number): number => (value / axisEnd) * (width - left - right)
  const parts = [
    svgText(16, 26, `${chart.title}, ${chart.unit}`, { size: 16, weight: 600 }),
    ...renderLegend(chart.series),
    ...renderGrid(axisEnd, scale, bottom),
    ...chart.groups.flatMap((group, index) => renderGroup(group, top + index * groupHeight, scale)),
  ]
  return svgDocument(width, bottom + 30, chart.title, parts)
}

function renderLegend(series: readonly string[]): string[] {
  let x = left
  return series.flatMap((name, index) => {
    const parts = [svgRect(x, 40, 12, 12, colourOf(index)), svgText(x + 18, 50, name)]
    x += 48 + name.length * letterWidth
    return parts
  })
}

function renderGrid(axisEnd: number, scale: (value: number) => number, bottom: number): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const x = left + scale(share * axisEnd)
    const label = (share * axisEnd).toLocaleString('en-US', { maximumFractionDigits: 2 })
    return [svgLine(x, top - 6, x, bottom, '#ddd'), svgText(x, bottom + 16, label, { anchor: 'middle', size: 11 })]
  })
}

function renderGroup(group: BarGroup, y: number, scale: (value: number) => number): string[] {
  const middle = y + (group.bars.length * barHeight) / 2 + 4
  const parts = [svgText(left - 10, middle, group.label, { anchor: 'end' })]
  group.bars.forEach((bar, index) => {
    if (bar === undefined) return
    const barY = y + index * barHeight
    const centre = barY + barHeight / 2 - 1
    parts.push(svgRect(left, barY, scale(bar.mid), barHeight - 2, colourOf(index)))
    if (bar.high > bar.low) parts.push(svgLine(left + scale(bar.low), centre, left + scale(bar.high), centre, '#222'))
    parts.push(svgText(left + scale(bar.high) + 6, barY + barHeight - 4, formatNumber(bar.mid), { size: 11 }))
  })
  return parts
}

function colourOf(index: number): string {
  return seriesColours[index % seriesColours.length] ?? seriesColours[0]
}
