// `mirrorwaf doctor` from the build, as a process of its own, standing where the receiver would.
import { execFile } from 'node:child_process'
import type { Test } from 'tap'
import type { FindingCode } from '#src/doctor/finding-catalogue.js'
import type { Severity } from '#src/doctor/finding-kinds.js'
import { findFreePorts } from './free-ports.js'
import type { Gateway } from './gateway.js'
import type { StartGateway } from './mirroring-suite.js'
import { RecordingBackend } from './recording-backend.js'
import { repositoryRoot } from './repository.js'

export interface DoctorFinding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly detail: string
  readonly fix: string
}

export interface DoctorRun {
  readonly exitCode: number
  readonly findings: readonly DoctorFinding[]
  readonly gateway: { readonly kind: string; readonly probes: number } | null
  readonly coverage: { readonly ratio: number | null } | null
}

/** Runs it with JSON output. */
export function runDoctor(args: readonly string[]): Promise<DoctorRun> {
  const command = [`${repositoryRoot}/dist/main.js`, 'doctor', '--output', 'json', ...args]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, { encoding: 'utf8', timeout: 120_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code)
      if (stdout === '') reject(new Error(`doctor said nothing: ${stderr}`, { cause: error }))
      else resolve({ ...JSON.parse(stdout), exitCode })
    })
  })
}

export interface Examined<G extends Gateway> {
  readonly run: DoctorRun
  readonly gateway: G
}

/** Starts a primary and a gateway and has it examined. */
export async function examineGateway<G extends Gateway>(
  t: Test,
  start: StartGateway<G>,
  args: readonly string[] = [],
): Promise<Examined<G>> {
  const [receiver = 0] = await findFreePorts(1)
  const primary = await RecordingBackend.start(t)
  const gateway = await start(t, { primary: primary.port, receiver })
  const places = ['--gateway', `http://127.0.0.1:${gateway.port}`, '--receive', `127.0.0.1:${receiver}`]
  return { gateway, run: await runDoctor([...places, '--timeout', '1s', ...args]) }
}

/** What was found, worst first, for comparison. */
export function codesOf({ findings }: DoctorRun): readonly string[] {
  return findings.map(({ code, severity }) => `${severity} ${code}`)
}
