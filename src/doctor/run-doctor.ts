// Doctor's round: configurations, then the running gateway, then what the receiver knows.
import { toListenAddress } from '../listen-address.js'
import { checkCoverage } from './check-coverage.js'
import { checkConfigs } from './config/check-configs.js'
import type { DoctorOptions } from './doctor-options.js'
import { examine } from './live/examine.js'
import { type DoctorReport, hasSerious, renderReportJson, renderReportText } from './render-report.js'

/** The process as doctor sees it; a command's io has it all. */
export interface DoctorIo {
  readonly isWatched: boolean
  print(text: string): Promise<boolean>
  report(text: string): void
}

/**
 * Looks at what the options name and prints the report.
 * @throws MirrorwafError `MWAF_DOCTOR_CONFIG` or `MWAF_LISTENER_ADDRESS`.
 */
export async function runDoctor(options: DoctorOptions, io: DoctorIo): Promise<0 | 1> {
  const report = await makeReport(options, (step) => {
    if (io.isWatched) io.report(`mirrorwaf doctor: ${step}\n`)
  })
  await io.print(options.output === 'json' ? renderReportJson(report) : renderReportText(report))
  return hasSerious(report) ? 1 : 0
}

async function makeReport(options: DoctorOptions, onStep: (step: string) => void): Promise<DoctorReport> {
  const { gateway, config, receiverAdmin } = options
  const ofConfigs = config.length === 0 ? [] : await checkConfigs(config)
  const examination =
    gateway === ''
      ? undefined
      : await examine({ ...options, gateway: new URL(gateway), receive: toListenAddress(options.receive) }, onStep)
  const coverage = receiverAdmin === '' ? undefined : await checkCoverage(new URL(receiverAdmin))
  return {
    findings: [...ofConfigs, ...(examination?.findings ?? []), ...(coverage?.findings ?? [])],
    gateway:
      examination === undefined
        ? null
        : { url: gateway, kind: examination.kind, probes: examination.sentCount, foreign: examination.foreignCount },
    configs: config,
    coverage: coverage?.coverage ?? null,
  }
}
