// Numbers and times as the page shows them.

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric' })
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hour12: false })
const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function formatTime(ms: number): string {
  return timeOfDay.format(ms)
}

/** For axes: seconds since the epoch as hours and minutes. */
export function formatClock(seconds: number): string {
  return clock.format(seconds * 1000)
}

/** For axes that span days. */
export function formatDay(seconds: number): string {
  return day.format(seconds * 1000)
}

export function formatDayAndTime(ms: number): string {
  return dayAndTime.format(ms)
}

export function formatCount(count: number): string {
  return count < 100_000 ? whole.format(Math.round(count)) : short.format(count)
}

/** Small rates keep a digit: 0.2 a second is not none. */
export function formatRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : formatCount(perSecond)
}

export function formatMicroseconds(us: number): string {
  if (us <= 0) return '0'
  if (us < 1000) return `${Math.round(us)} µs`
  if (us < 1_000_000) return `${trim(us / 1000)} ms`
  return `${trim(us / 1_000_000)} s`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`
  if (bytes < 1024 ** 2) return `${trim(bytes / 1024)} KiB`
  if (bytes < 1024 ** 3) return `${trim(bytes / 1024 ** 2)} MiB`
  return `${trim(bytes / 1024 ** 3)} GiB`
}

export function formatPercent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`
}

/** Types of attacks as words: `sql_injection` -> `sql injection`. */
export function formatType(type: string): string {
  return type.replaceAll('_', ' ')
}

function trim(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}
