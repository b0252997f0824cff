// Which command runs, and how failures become messages and exit codes.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { describeFailure, dispatch, oldestNode } from '#src/commands/dispatch.js'
import { commandNames, loadCommand } from '#src/commands/registry.js'
import { packageVersion } from '#src/package-version.js'
import { createFakeIo } from './fake-io.js'

const main = fileURLToPath(import.meta.resolve('#src/main.js'))

t.test('version prints the version of the package', async (t) => {
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['version'], io), 0)
  t.equal(out(), `mirrorwaf ${packageVersion()} (node ${process.version})\n`)
  const help = createFakeIo()
  t.equal(await dispatch(['version', '--help'], help.io), 0, 'the overview promises --help for every command')
  t.match(packageVersion(), /^\d+\.\d+\.\d+/)
})

t.test('help names every command with its summary', async (t) => {
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['help'], io), 0)
  for (const name of commandNames) {
    const command = await loadCommand(name)
    const line = out().match(new RegExp(`^ {2}${name} +(.*)$`, 'm'))
    t.equal(line?.[1], command?.summary, name)
  }
})

t.test('each command has its own help, asked for in three ways', async (t) => {
  for (const name of ['serve', 'scan', 'rules']) {
    const texts = await Promise.all(
      [
        [name, '--help'],
        [name, '-h'],
        ['help', name],
      ].map(async (argv) => {
        const { io, out } = createFakeIo()
        t.equal(await dispatch(argv, io), 0, argv.join(' '))
        return out()
      }),
    )
    t.match(texts[0], /Usage:\n {2}mirrorwaf/)
    t.equal(new Set(texts).size, 1, name)
  }
})

t.test('no command is wrong usage and shows the overview on stderr', async (t) => {
  const { io, out, err } = createFakeIo()
  t.equal(await dispatch([], io), 2)
  t.equal(out(), '')
  t.match(err(), /Commands:/)
})

t.test('an unknown command is named with the nearest', async (t) => {
  const { io, err } = createFakeIo()
  t.equal(await dispatch(['serv'], io), 2)
  t.match(err(), /MWAF_COMMAND_UNKNOWN: Unknown command serv \(did you mean serve\?\)/)
  for (const name of ['toString', '__proto__']) t.equal(await dispatch([name], createFakeIo().io), 2, name)
})

t.test('arguments that a command does not take are wrong usage', async (t) => {
  for (const argv of [
    ['version', 'x'],
    ['rules', 'x'],
    ['serve', '--check', 'x'],
    ['help', 'rules', 'x'],
    ['help', 'x'],
  ]) {
    t.equal(await dispatch(argv, createFakeIo().io), 2, argv.join(' '))
  }
})

t.test('an error that is none of ours gets a code and its stack', async (t) => {
  const text = describeFailure(new TypeError('boom'))
  t.match(text, /^mirrorwaf: MWAF_PROCESS_UNCAUGHT: .*boom/)
  t.match(text, /at .*dispatch\.test\.js/)
})

t.test('the oldest Node that is let in is the one in package.json', async (t) => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  t.equal(manifest.engines.node, `>=${oldestNode.major}.${oldestNode.minor}`)
})

t.test('as a process: output, messages and exit codes', async (t) => {
  const { PATH } = process.env
  const run = (...argv: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8', env: { PATH } })
  const version = run('version')
  t.equal(version.status, 0)
  t.match(version.stdout, /^mirrorwaf \d/)
  const unknown = run('serve', '--lisen', ':1')
  t.equal(unknown.status, 2)
  t.equal(unknown.stdout, '')
  t.match(unknown.stderr, /MWAF_OPTIONS_UNKNOWN/)
})

t.test('as a process: a reader that goes away is no error', async (t) => {
  const script = `'${process.execPath}' '${main}' rules --output json | head -c 1; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  t.equal(stdout, '{0\n')
  t.equal(stderr, '')
})

t.test('as a process: an error that nothing catches is exit 70 with its code and stack', async (t) => {
  const io = import.meta.resolve('#src/commands/process-io.js')
  for (const fault of ['setTimeout(() => { throw new Error("boom") })', 'Promise.reject(new Error("boom"))']) {
    const script = `import { exitOnUncaught } from ${JSON.stringify(io)}; exitOnUncaught(); ${fault}; setTimeout(() => {}, 5000)`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    t.equal(status, 70)
    t.match(stderr, /MWAF_PROCESS_UNCAUGHT: .*boom[\s\S]*at /)
  }
})
