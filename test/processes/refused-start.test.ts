// `serve --processes 2` that cannot start: one message with its code, exit 1, nothing left behind.
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createReceiver } from '#src/receiver.js'
import { runServe } from './support/served.js'

const quiet = ['--admin', 'off', '--events', 'none', '--processes', '2']

t.test('a taken port fails the start with its code', async (t) => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen({ host: '127.0.0.1', port: 0, reusePort: true }, resolve))
  t.teardown(() => holder.close())
  const bound = holder.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  const program = runServe(t, [...quiet, '--listen', `127.0.0.1:${port}`])
  t.equal(await program.ended, 'exit 1')
  t.match(program.stderr, `mirrorwaf: MWAF_LISTENER_ADDRESS: Cannot listen on 127.0.0.1:${port}`)
})

t.test('bad rules fail the start with their code, said once', async (t) => {
  const rules = join(t.testdir({ 'rules.json': '{' }), 'rules.json')
  const program = runServe(t, [...quiet, '--listen', '127.0.0.1:0', '--rules', rules])
  t.equal(await program.ended, 'exit 1')
  t.equal(program.stderr.match(/MWAF_RULESET_INVALID/g)?.length, 1, program.stderr)
})

t.test('the library takes no processes but its program’s own', async (t) => {
  const several: object = { processes: 2 }
  t.throws(() => createReceiver(several), { code: 'MWAF_OPTIONS_VALUE' })
  const one: object = { processes: 1 }
  t.doesNotThrow(() => createReceiver(one))
})
