// The restart with V8's collector on one thread, where cores are few.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import t from 'tap'
import { nodeArgumentsForFewCores, type ProcessFacts } from '#src/commands/few-cores.js'
import { findFreePorts } from '../e2e/support/free-ports.js'
import { OwnProcess } from '../e2e/support/own-process.js'
import { repositoryRoot } from '../e2e/support/repository.js'
import { waitUntil } from '../e2e/support/wait-until.js'

const facts: ProcessFacts = { args: ['serve', '--workers', '1'], nodeArgs: [], coreCount: 2, hasChannel: false }

t.test('serve is restarted on up to two cores, with the arguments that node had', async (t) => {
  t.strictSame(nodeArgumentsForFewCores(facts), ['--single-threaded-gc'])
  t.strictSame(nodeArgumentsForFewCores({ ...facts, coreCount: 1, nodeArgs: ['--import', 'x.js'] }), [
    '--single-threaded-gc',
    '--import',
    'x.js',
  ])
})

t.test('it goes on as it is with more cores, for other commands, and under a parent that talks to it', async (t) => {
  const others: readonly Partial<ProcessFacts>[] = [
    { coreCount: 3 },
    { args: ['scan'] },
    { args: [] },
    { args: ['serve', '--help'] },
    { hasChannel: true },
    { args: ['serve', '--config', '/dev/fd/3'] },
  ]
  for (const other of others)
    t.equal(nodeArgumentsForFewCores({ ...facts, ...other }), undefined, JSON.stringify(other))
})

t.test('once restarted it is not restarted again, and whoever decides otherwise is obeyed', async (t) => {
  for (const argument of ['--single-threaded-gc', '--no-single-threaded-gc', '--single_threaded_gc']) {
    t.equal(nodeArgumentsForFewCores({ ...facts, nodeArgs: [argument] }), undefined, argument)
  }
})

const skip = process.platform === 'linux' ? false : 'it reads command lines from /proc'

t.test('the process keeps its number, and ends on SIGTERM', { skip }, async (t) => {
  const [port = 0] = await findFreePorts(1)
  const serve = OwnProcess.start(t, {
    name: 'mirrorwaf serve',
    command: process.execPath,
    args: [
      `${repositoryRoot}/dist/main.js`,
      'serve',
      '--listen',
      `127.0.0.1:${port}`,
      '--admin',
      'off',
      '--workers',
      '1',
      '--drain-delay',
      '0',
    ],
    env: {},
  })
  await waitUntil(
    'the receiver',
    () => serve.stderr.includes('listens on') || undefined,
    () => serve.describe(),
  )
  const line = readFileSync(`/proc/${serve.pid}/cmdline`, 'utf8').split('\0')
  t.equal(line.includes('--single-threaded-gc'), availableParallelism() <= 2)
  t.equal(await serve.stop(), 'exit 0', serve.describe())
})
