// What a receiver in trouble does to the gateway and its clients.
import { delay } from '../../within-time.js'
import { createFinding, type Finding } from '../finding.js'
import type { Patient, Probed } from './patient.js'
import type { ProbeClient } from './probe-client.js'

/** Longer than the time-outs of a good configuration, short enough to wait for. */
const slownessMs = 1_500
/** A client that waits longer than this notices. The recipes hold a client up by at most 0.2 s. */
const noticedMs = 700
const closeCount = 4
const afterCount = 8

/** A receiver that takes long to answer: does the next request of the same client wait for it? */
export async function checkSlowness(patient: Patient): Promise<readonly Finding[]> {
  const usualMs = await slowestOf(patient, 3)
  patient.setAnswers({ kind: 'answer', afterMs: slownessMs })
  const slowMs = await slowestOf(patient, 3)
  patient.setAnswers({ kind: 'answer', afterMs: 0 })
  // What is still being answered late must not meet the next check.
  await delay(slownessMs)
  if (slowMs - usualMs < noticedMs) return []
  const detail = `With a receiver that takes ${slownessMs} ms, clients waited ${slowMs.toFixed()} ms instead of ${usualMs.toFixed()} ms.`
  return [createFinding('slow-receiver-holds-clients', patient.kind, { detail })]
}

/** Copies that are closed without an answer, as --hijack does: are later ones still mirrored? */
export async function checkEarlyClose(patient: Patient): Promise<readonly Finding[]> {
  // One client connection for both: a gateway's worker processes each remember failures of their own (nginx without `zone`).
  const client = patient.connect()
  patient.setAnswers({ kind: 'close' })
  const closed = await probeOn(client, patient, closeCount)
  // Envoy answers the client before its copy has gone out: only copies that came are closed.
  await Promise.all(closed.map((probe) => patient.awaitCopy(probe)))
  patient.setAnswers({ kind: 'answer', afterMs: 0 })
  const after = await probeOn(client, patient, afterCount)
  client.close()
  await Promise.all(after.map((probe) => patient.awaitCopy(probe)))
  const findings: Finding[] = []
  const lostCount = after.filter((probe) => patient.copiesOf(probe).length === 0).length
  if (lostCount > 0) {
    const detail = `${lostCount} of ${afterCount} copies were missing after ${closeCount} that were closed early.`
    findings.push(createFinding('early-close-loses-copies', patient.kind, { detail }))
  }
  const twiceCount = closed.filter((probe) => patient.copiesOf(probe).length > 1).length
  if (twiceCount > 0) {
    const detail = `${twiceCount} of ${closeCount} copies were sent again after they were closed early.`
    findings.push(createFinding('duplicate-copies', patient.kind, { detail, severity: 'info' }))
  }
  return findings
}

/** Nothing listens any more: do clients notice? Ends the receiver; the last check. */
export async function checkDeath(patient: Patient): Promise<readonly Finding[]> {
  const [before] = await probeMany(patient, 1)
  await patient.dismiss()
  const probes = await probeMany(patient, closeCount)
  const isHarmed = ({ answer }: Probed): boolean =>
    answer === undefined ||
    answer.status !== before?.answer?.status ||
    answer.durationMs > noticedMs + (before.answer?.durationMs ?? 0)
  const harmed = probes.filter(isHarmed)
  if (harmed.length === 0) return []
  const ends = harmed.map(({ answer }) =>
    answer === undefined ? 'no answer' : `${answer.status} after ${answer.durationMs.toFixed()} ms`,
  )
  const detail = `${harmed.length} of ${probes.length} requests were harmed (${ends.join(', ')}; before: ${before?.answer?.status}).`
  return [createFinding('dead-receiver-harms-clients', patient.kind, { detail })]
}

async function slowestOf(patient: Patient, count: number): Promise<number> {
  const probes = await probeMany(patient, count)
  return Math.max(...probes.map(({ answer }) => answer?.durationMs ?? 0))
}

/** On one client connection, where a slow copy holds up the next request if it ever does. */
async function probeMany(patient: Patient, count: number): Promise<readonly Probed[]> {
  const client = patient.connect()
  const probes = await probeOn(client, patient, count)
  client.close()
  return probes
}

async function probeOn(client: ProbeClient, patient: Patient, count: number): Promise<readonly Probed[]> {
  const probes: Probed[] = []
  for (let index = 0; index < count; index += 1) probes.push(await patient.probe({}, client))
  return probes
}
