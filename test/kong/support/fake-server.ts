// A plugin server for the supervisor's tests: a script of a few lines that answers, crashes or hangs as it is told.
import type { Test } from 'tap'
import type { KongOptions } from '#src/kong/kong-options.js'
import { kongTable } from '#src/kong/kong-options.js'
import type { Log } from '#src/observe/log.js'
import { completeOptions } from '#src/options/resolve.js'

/** What it does after it has begun to listen. */
export type Temper = 'answers' | 'crashes' | 'hangs'

const scripts: Readonly<Record<Temper, string>> = {
  answers: 'socket.write(Buffer.from([0x94, 1, 1, 0xc0, 0x80]))',
  crashes: 'process.exit(3)',
  // Well once, then never again.
  hangs:
    'if ((globalThis.count = (globalThis.count ?? 0) + 1) === 1) socket.write(Buffer.from([0x94, 1, 1, 0xc0, 0x80]))',
}

export interface FakeSetup {
  readonly options: KongOptions
  readonly socket: string
}

/** A plugins folder with two plugins, and a server of this temper beside it. */
export function setUpFake(t: Test, temper: Temper, given: Partial<KongOptions> = {}): FakeSetup {
  const folder = t.testdir({
    plugins: { 'one.js': '', 'two.js': '', '.hidden.js': '', 'notes.txt': '' },
    'server.cjs': `
const { createServer } = require('node:net')
const { readdirSync, rmSync } = require('node:fs')
const [, , , plugins, , prefix, , name] = process.argv
console.error('plugins ' + readdirSync(plugins).join(' '))
rmSync(prefix + '/' + name, { force: true })
createServer((socket) => socket.on('data', () => { ${scripts[temper]} })).listen(prefix + '/' + name)
`,
  })
  // Socket paths are short; the folders of tap are not.
  const socket = `/tmp/mirrorwaf-kong-${process.pid}-${Math.random().toString(36).slice(2)}.sock`
  const options = completeOptions(kongTable, {
    pluginsDir: `${folder}/plugins`,
    plugins: ['two'],
    socket,
    server: `${folder}/server.cjs`,
    healthPeriodMs: 20,
    healthTimeoutMs: 200,
    restartDelayMs: 10,
    restartDelayLimitMs: 40,
    ...given,
  })
  return { options, socket }
}

/** A log whose lines are kept as text. */
export function createKeptLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  const keep: Log['info'] = (message, details = {}) => {
    lines.push(`${message} ${JSON.stringify(details)}`)
  }
  const log: Log = {
    error: keep,
    warn: keep,
    info: keep,
    debug: keep,
    coded: (_level, code, details) => keep(code, details),
    fault: (thrown) => keep(String(thrown)),
    flush: async () => {},
  }
  return { log, lines }
}
