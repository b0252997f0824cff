// Reads Prometheus' text format strictly enough to find what a scraper would refuse.

export interface PrometheusMetric {
  readonly type: string
  readonly help: string
  /** Sample line without its value -> value, e.g. `name{label="x"}`. */
  readonly samples: ReadonlyMap<string, number>
}

/** @throws Error for a line that is no comment and no sample, or a sample without its HELP and TYPE. */
export function parsePrometheusText(text: string): ReadonlyMap<string, PrometheusMetric> {
  const metrics = new Map<string, { type: string; help: string; samples: Map<string, number> }>()
  for (const line of text.split('\n')) {
    const help = /^# HELP (\w+) (.+)$/.exec(line)
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line)
    if (help !== null) metrics.set(help[1] ?? '', { type: '', help: help[2] ?? '', samples: new Map() })
    else if (type !== null) Object.assign(metrics.get(type[1] ?? '') ?? {}, { type: type[2] })
    else if (line !== '') addSample(metrics, line)
  }
  return metrics
}

function addSample(metrics: ReadonlyMap<string, { samples: Map<string, number> }>, line: string): void {
  const parts = /^((\w+)(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})?) (\+Inf|NaN|-?[\d.e+-]+)$/.exec(line)
  if (parts === null) throw new Error(`no sample: ${line}`)
  const [, key = '', name = '', value = ''] = parts
  const metric = metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, ''))
  if (metric === undefined) throw new Error(`a sample without HELP and TYPE: ${line}`)
  if (metric.samples.has(key)) throw new Error(`a sample twice: ${line}`)
  metric.samples.set(key, Number(value))
}
