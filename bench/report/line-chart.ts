// Lines over time as SVG: one small chart under the other, each with its own scale and its fitted trend.
import { formatNumber } from './format.js'
import { round, roundUp, seriesColours, svgDocument, svgLine, svgRect, svgText } from './svg.js'

/** One figure over time. */
export interface TimeSeries {
  readonly title: string
  readonly points: readonly (readonly [seconds: number, value: number])[]
  /** The fitted line, drawn dashed, from the first to the last second it was fitted to. */
  readonly trend: { readonly from: readonly [number, number]; readonly to: readonly [number, number] } | undefined
}

const width = 860
const left = 80
const right = 20
const panelHeight = 130
const panelGap = 50
const top = 60

/** Draws the series below each other. */
export function renderLineChart(title: string, series: readonly TimeSeries[]): string {
  const parts = [svgText(16, 26, title, { size: 16, weight: 600 })]
  series.forEach((each, index) => {
    parts.push(...renderPanel(each, top + index * (panelHeight + panelGap), seriesColours[0]))
  })
  return svgDocument(width, top + series.length * (panelHeight + panelGap), title, parts)
}

function renderPanel(series: TimeSeries, y: number, colour: string): string[] {
  const lastSecond = Math.max(1, ...series.points.map(([seconds]) => seconds))
  const axisEnd = roundUp(Math.max(...series.points.map(([, value]) => value)))
  const place = ([seconds, value]: readonly [number, number]): string =>
    `${round(left + (seconds / lastSecond) * (width - left - right))},${round(y + panelHeight - (value / axisEnd) * panelHeight)}`
  const bottom = y + panelHeight
  const parts = [
    svgText(left, y - 8, series.title, { size: 13, weight: 600 }),
    svgRect(left, y, width - left - right, panelHeight, '#f7f7f7'),
    svgLine(left, bottom, width - right, bottom, '#888'),
    svgText(left - 8, y + 10, formatNumber(axisEnd), { anchor: 'end', size: 11 }),
    svgText(left - 8, bottom, '0', { anchor: 'end', size: 11 }),
    svgText(width - right, bottom + 16, `${formatNumber(lastSecond)} s`, { anchor: 'end', size: 11 }),
    polyline(series.points.map(place), colour, ''),
  ]
  if (series.trend !== undefined)
    parts.push(polyline([place(series.trend.from), place(series.trend.to)], '#d55e00', '6 4'))
  return parts
}

function polyline(points: readonly string[], stroke: string, dash: string): string {
  return `<polyline points="${points.join(' ')}" fill="none" stroke="${stroke}" stroke-width="1.5" stroke-dasharray="${dash}"/>`
}
