// Takes the samples of one metric out of a page in Prometheus' text format.

/** One line of a metric. */
export interface Sample {
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/**
 * The samples of a metric.
 * @param selector - `name`, or `name{label="value",...}`: then only samples with these labels.
 */
export function samplesOf(text: string, selector: string): readonly Sample[] {
  const brace = selector.indexOf('{')
  const name = brace < 0 ? selector : selector.slice(0, brace)
  const wanted = brace < 0 ? new Map<string, string>() : labelsOf(selector.slice(brace))
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue
    const rest = line.slice(name.length)
    // A longer name begins with this one too.
    if (!/^[{ ]/.test(rest)) continue
    const end = rest.startsWith('{') ? rest.lastIndexOf('}') + 1 : 0
    const value = Number(rest.slice(end).trim().split(' ', 1)[0])
    const labels = labelsOf(rest.slice(0, end))
    const isMeant = [...wanted].every(([label, text]) => labels.get(label) === text)
    if (isMeant && !Number.isNaN(value)) samples.push({ labels, value })
  }
  return samples
}

export function sumSamples(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0)
}

/** Of `{a="b",c="d"}`; escaped quotes, backslashes and line ends are undone. */
function labelsOf(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels.set(
      name,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    )
  }
  return labels
}
