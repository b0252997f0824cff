// From starting the process to `/readyz` 200, with one worker and the default ruleset. Run: node build/bench/start-time.js
// Each start is a fresh process and warm files; the question is asked every few milliseconds, which is the resolution.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findFreePort } from './servers/child.js'

const { values } = parseArgs({ options: { starts: { type: 'string', default: '15' } } })
/** What an operator may expect of a restart. */
const limitMs = 1500
const askEveryMs = 5
const giveUpMs = 30_000

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
await measureStart()
const timesMs: number[] = []
for (let start = 0; start < Number(values.starts); start += 1) timesMs.push(await measureStart())
timesMs.sort((one, other) => one - other)
const medianMs = timesMs[Math.floor(timesMs.length / 2)] ?? Number.NaN
const [lowestMs = Number.NaN] = timesMs
const highestMs = timesMs.at(-1) ?? Number.NaN
console.log(
  `start to ready, ${timesMs.length} starts: median ${medianMs.toFixed(0)} ms, ${lowestMs.toFixed(0)} to ${highestMs.toFixed(0)}`,
)
process.exit(medianMs <= limitMs ? 0 : 1)

async function measureStart(): Promise<number> {
  const adminPort = await findFreePort()
  const args = ['serve', '--workers', '1', '--listen', '127.0.0.1:0', '--admin', `127.0.0.1:${adminPort}`]
  const startMs = performance.now()
  const child = spawn(process.execPath, [main, ...args, '--events', 'none', '--log-level', 'error'], {
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  const agent = new Agent({ keepAlive: true })
  while (!(await isReady(adminPort, agent))) {
    if (child.exitCode !== null || performance.now() - startMs > giveUpMs) throw new Error('it does not start')
    await sleep(askEveryMs)
  }
  const takenMs = performance.now() - startMs
  agent.destroy()
  child.kill('SIGKILL')
  await ended
  return takenMs
}

function isReady(port: number, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: '/readyz', agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200))
    })
    request.once('error', () => resolve(false))
  })
}
