// tmp
import t from 'tap'
import { examineGateway } from './support/doctor-run.js'
import { matrixGateways } from './support/matrix-gateways.js'

t.setTimeout(300_000)
for (const gateway of matrixGateways) {
  t.test(gateway.name, async (t) => {
    const { run } = await examineGateway(t, gateway.start)
    t.comment(`${run.exitCode} ${JSON.stringify(run.gateway)}`)
    for (const f of run.findings) t.comment(`${f.severity} ${f.code}: ${f.detail}`)
  })
}
