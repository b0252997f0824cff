// Requests that few clients but all attackers send: does the gateway pass them on, and their copies unchanged?
import { createFinding, type Finding } from '../finding.js'
import type { Patient, Probe } from './patient.js'

const tryCount = 3

const oddities: readonly (readonly [name: string, probe: Probe])[] = [
  ['a method nobody knows', { method: 'FOO' }],
  ['bytes above 127 in the target', { query: '&x=é' }],
  ['escapes and slashes in the query', { query: '&x=%2e%2e//%2F..;a|b' }],
]

export async function checkOddities(patient: Patient): Promise<readonly Finding[]> {
  const refused: string[] = []
  const unmirrored: string[] = []
  const changed: string[] = []
  for (const [name, probe] of oddities) {
    let fate: 'refused' | 'unmirrored' | 'changed' | 'same' = 'unmirrored'
    for (let count = 0; count < tryCount && fate === 'unmirrored'; count += 1) fate = await tryOnce(patient, probe)
    if (fate === 'refused') refused.push(name)
    if (fate === 'unmirrored') unmirrored.push(name)
    if (fate === 'changed') changed.push(name)
  }
  const found = [
    ['gateway-refuses', refused, 'Refused'],
    ['lost-copies', unmirrored, 'Passed to the primary but not mirrored'],
    ['target-changed', changed, 'Changed in the copy'],
  ] as const
  return found
    .filter(([, names]) => names.length > 0)
    .map(([code, names, verb]) => createFinding(code, patient.kind, { detail: `${verb}: ${names.join(', ')}.` }))
}

async function tryOnce(patient: Patient, probe: Probe): Promise<'refused' | 'unmirrored' | 'changed' | 'same'> {
  const probed = await patient.probe(probe)
  const copy = await patient.awaitCopy(probed)
  if (copy === undefined) {
    // Who refuses cannot be known; a primary's own 400 would have been mirrored.
    const status = probed.answer?.status
    return status === undefined || (status >= 400 && status < 600) ? 'refused' : 'unmirrored'
  }
  const [, target = ''] = copy.startLine.split(' ')
  return Buffer.from(target, 'latin1').equals(Buffer.from(probed.target)) ? 'same' : 'changed'
}
