import t from 'tap'
import { coverageIn } from '#src/doctor/check-coverage.js'
import { createFinding } from '#src/doctor/finding.js'
import { findingCatalogue, findingCodes } from '#src/doctor/finding-catalogue.js'
import { gatewayKinds } from '#src/doctor/finding-kinds.js'
import { type DoctorReport, hasSerious, renderReportJson, renderReportText } from '#src/doctor/render-report.js'

const report: DoctorReport = {
  findings: [
    createFinding('host-shadow', 'envoy', { detail: 'a\u001b[2J' }),
    createFinding('lost-copies', 'nginx', { detail: 'b', place: 'nginx.conf:3' }),
  ],
  gateway: { url: 'http://g', kind: 'nginx', probes: 3, foreign: 0 },
  configs: [],
  coverage: { ratio: 0.5, parts: {} },
}

t.test('serious findings stand first, with place and fix; control characters are shown, not sent', async (t) => {
  const text = renderReportText(report)
  t.ok(text.indexOf('serious  lost-copies  (nginx.conf:3)') < text.indexOf('info     host-shadow'))
  t.match(text, 'fix:  Check the address in proxy_pass')
  t.match(text, '1 serious, 0 warning, 1 info.')
  t.match(text, 'Analysed: 50.0 %')
  t.notMatch(text, '\u001b')
})

t.test('as JSON: whether all is well, and everything that was found', async (t) => {
  t.match(JSON.parse(renderReportJson(report)), {
    version: 1,
    is_healthy: false,
    findings: [{ code: 'lost-copies' }, {}],
  })
  t.match(JSON.parse(renderReportJson({ ...report, findings: [] })), { is_healthy: true, findings: [] })
  t.equal(hasSerious({ ...report, findings: report.findings.slice(0, 1) }), false)
})

t.test('each code has a sentence and a fix, each fix is for a kind that exists', async (t) => {
  for (const code of findingCodes) {
    const { title, fixes } = findingCatalogue[code]
    t.match(title, /^[A-Z].*\.$/, code)
    for (const [kind, fix] of Object.entries(fixes)) {
      t.match(fix, /^[A-Z].*[.)]$/, `${code} ${kind}`)
      t.ok(kind === 'other' || gatewayKinds.some((known) => known === kind), `${code} ${kind}`)
    }
  }
})

t.test('the loss meter: good, low, bad, unknown', async (t) => {
  const page = (ratio: number | undefined, up = 1): string =>
    [
      ...(ratio === undefined ? [] : [`mirrorwaf_mirror_coverage_ratio ${ratio}`]),
      'mirrorwaf_mirror_coverage_requests{part="never_arrived"} 4',
      `mirrorwaf_mirror_coverage_source_up{source="envoy h"} ${up}`,
    ].join('\n')
  const codes = (text: string) => coverageIn(text).findings.map(({ severity, code }) => `${severity} ${code}`)
  t.strictSame(codes(page(0.99)), [])
  t.strictSame(codes(page(0.98)), ['warning coverage-low'])
  t.strictSame(codes(page(0.49)), ['serious coverage-low'])
  t.strictSame(codes(page(undefined)), ['info coverage-unknown'])
  t.strictSame(codes(page(undefined, 0)), ['warning coverage-unknown'])
  t.strictSame(codes('mirrorwaf_requests_received_total 5'), ['info coverage-unknown'])
  t.match(coverageIn(page(0.5)).findings[0]?.detail, /50\.0 %.*never_arrived 4/)
})
