// Do bodies arrive whole: short, long, and in chunks?
import { createFinding, type Finding } from '../finding.js'
import { headerValue } from './message-reader.js'
import type { Patient, Probe, Probed } from './patient.js'

/** With a share mirrored, the next probe of a kind may have a copy where the last had none. */
const tryCount = 4
const shortBodyBytes = 4_000

export async function checkBodies(patient: Patient): Promise<readonly Finding[]> {
  const { bodyBytes } = patient.settings
  const kinds: readonly (readonly [name: string, probe: Probe])[] = [
    ['a short body', { bodyBytes: Math.min(shortBodyBytes, bodyBytes) }],
    ['a long body', { bodyBytes }],
    ['a long body in chunks', { bodyBytes, isChunked: true }],
  ]
  const findings: Finding[] = []
  for (const [name, probe] of kinds) findings.push(...(await checkBody(patient, name, probe)))
  return findings
}

async function checkBody(patient: Patient, name: string, probe: Probe): Promise<readonly Finding[]> {
  let probed: Probed | undefined
  for (let count = 0; count < tryCount; count += 1) {
    probed = await patient.probe(probe)
    const status = probed.answer?.status
    if (status === 413) return [refusal(patient, name, probe, status)]
    const copy = await patient.awaitCopy(probed)
    if (copy === undefined) continue
    if (copy.bodyHash === probed.bodyHash) return []
    const isMarked = headerValue(copy.headers, 'x-mirrorwaf-truncated') !== undefined
    const state = copy.isWhole ? '' : ', and the connection was closed'
    const mark = isMarked ? ', and it says so' : ''
    const detail = `Of ${name} (${probe.bodyBytes} bytes) ${copy.bodyBytes} arrived${state}${mark}.`
    return [createFinding('body-cut', patient.kind, { detail, severity: isMarked ? 'warning' : 'serious' })]
  }
  const answered = probed?.answer === undefined ? 'not answered' : `answered ${probed.answer.status}`
  const detail = `No request with ${name} (${probe.bodyBytes} bytes, ${answered}) was mirrored in ${tryCount} tries.`
  return [createFinding('body-cut', patient.kind, { detail })]
}

function refusal(patient: Patient, name: string, probe: Probe, status: number): Finding {
  const detail = `${name} (${probe.bodyBytes} bytes) is answered ${status}; shorten --body-size to look at what it lets in.`
  return createFinding('gateway-refuses', patient.kind, { detail })
}
