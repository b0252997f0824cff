// The examination of a running gateway, in the order in which one check may spoil the next: first what copies are like, then
// what a slow, closing and dead receiver does to the gateway.
import type { Finding } from '../finding.js'
import { checkBodies } from './check-bodies.js'
import { checkBasics } from './check-copies.js'
import { checkOddities } from './check-oddities.js'
import { checkDeath, checkEarlyClose, checkSlowness } from './check-trouble.js'
import { Patient, type PatientSettings } from './patient.js'

export interface Examination {
  readonly findings: readonly Finding[]
  readonly sentCount: number
  readonly kind: string
  /** Requests of others that arrived meanwhile. */
  readonly foreignCount: number
}

/** @param onStep - told what is looked at now. */
export async function examine(settings: PatientSettings, onStep: (step: string) => void): Promise<Examination> {
  const patient = await Patient.admit(settings)
  const findings: Finding[] = []
  try {
    onStep('copies of common requests')
    const basics = await checkBasics(patient)
    findings.push(...basics.findings)
    if (basics.areCopiesComing) {
      for (const [step, check] of furtherChecks) {
        onStep(step)
        findings.push(...(await check(patient)))
      }
    }
  } finally {
    await patient.dismiss()
  }
  const { sentCount, kind, foreignCount } = patient
  return { findings, sentCount, kind, foreignCount }
}

const furtherChecks: readonly (readonly [step: string, check: (patient: Patient) => Promise<readonly Finding[]>])[] = [
  ['bodies', checkBodies],
  ['odd requests', checkOddities],
  ['a slow receiver', checkSlowness],
  ['a receiver that closes early', checkEarlyClose],
  ['a dead receiver', checkDeath],
]
