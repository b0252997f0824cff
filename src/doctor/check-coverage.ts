// What a running mirrorwaf knows about the mirror's losses: its loss meter, read from its metrics.
import { samplesOf, sumSamples } from '../observe/coverage/prometheus-text.js'
import { createFinding, type Finding } from './finding.js'

/** Share that is analysed, and where the rest went. */
export interface Coverage {
  /** `null` when it is not known. */
  readonly ratio: number | null
  /** Requests of the last ten minutes by what became of them. */
  readonly parts: Readonly<Record<string, number>>
}

export interface CoverageCheck {
  readonly coverage: Coverage
  readonly findings: readonly Finding[]
}

/** Below this something is wrong; what is on its way makes up for less. */
const goodRatio = 0.99
/** Below this most of an attack campaign could go unseen. */
const badRatio = 0.5
const timeLimitMs = 5_000

/**
 * Reads the loss meter.
 * @param admin - address of the receiver's admin port.
 */
export async function checkCoverage(admin: URL): Promise<CoverageCheck> {
  const text = await readMetrics(admin)
  if (text === undefined) {
    const detail = `The receiver’s metrics on ${admin.host} cannot be read.`
    return {
      coverage: { ratio: null, parts: {} },
      findings: [createFinding('coverage-unknown', 'unknown', { detail, severity: 'warning' })],
    }
  }
  return coverageIn(text)
}

/** The loss meter in a page of metrics. */
export function coverageIn(text: string): CoverageCheck {
  const ratio = samplesOf(text, 'mirrorwaf_mirror_coverage_ratio')[0]?.value ?? null
  const samples = samplesOf(text, 'mirrorwaf_mirror_coverage_requests')
  const parts = Object.fromEntries(samples.map(({ labels, value }) => [labels.get('part') ?? '', value]))
  const coverage = { ratio, parts }
  if (samples.length === 0) {
    const detail = 'The receiver has no --coverage-source.'
    return { coverage, findings: [createFinding('coverage-unknown', 'unknown', { detail })] }
  }
  const down = samplesOf(text, 'mirrorwaf_mirror_coverage_source_up').filter(({ value }) => value !== 1)
  if (down.length > 0) {
    const detail = `No counters from: ${down.map(({ labels }) => labels.get('source')).join(', ')}.`
    return { coverage, findings: [createFinding('coverage-unknown', 'unknown', { detail, severity: 'warning' })] }
  }
  if (ratio === null) {
    const surplus = sumSamples(samplesOf(text, 'mirrorwaf_mirror_coverage_requests{part="surplus"}'))
    const detail =
      surplus > 0 ? `${surplus} copies come from a gateway that is no source.` : 'No requests in the last ten minutes.'
    return { coverage, findings: [createFinding('coverage-unknown', 'unknown', { detail })] }
  }
  if (ratio >= goodRatio) return { coverage, findings: [] }
  const severity = ratio < badRatio ? 'serious' : 'warning'
  const isEstimate = samplesOf(text, 'mirrorwaf_mirror_gateway_copies_estimate').length > 0
  const basis = isEstimate ? '; not_mirrored and never_arrived are estimates' : ''
  const detail = `${(100 * ratio).toFixed(1)} % of the gateways’ requests were analysed (${describeParts(parts)}${basis}).`
  return { coverage, findings: [createFinding('coverage-low', 'unknown', { detail, severity })] }
}

function describeParts(parts: Coverage['parts']): string {
  return Object.entries(parts)
    .filter(([, count]) => count > 0)
    .map(([part, count]) => `${part} ${count}`)
    .join(', ')
}

async function readMetrics(admin: URL): Promise<string | undefined> {
  try {
    const answer = await fetch(new URL('/metrics', admin), {
      signal: AbortSignal.timeout(timeLimitMs),
      redirect: 'error',
    })
    return answer.ok ? await answer.text() : undefined
  } catch {
    // Said as a finding.
    return undefined
  }
}
