// Reads the Prometheus text format, as far as our own /metrics uses it.

/** One line of a metrics page. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** All samples of a page, in its order; comments and what does not parse are left out. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const found = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line)
    if (found === null) return []
    const [, name = '', labels = '', value = ''] = found
    return [{ name, labels: parseLabels(labels), value: Number(value) }]
  })
}

/** Sum of the samples of one name that have all of `labels`; 0 without any. */
export function sumSamples(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels)
  return samples
    .filter((sample) => sample.name === name && wanted.every(([label, value]) => sample.labels.get(label) === value))
    .reduce((sum, sample) => sum + sample.value, 0)
}

function parseLabels(text: string): Map<string, string> {
  return new Map([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]))
}
