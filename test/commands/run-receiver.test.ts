// What a start tells a person to do, and what signals do to it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { tryLine } from '#src/commands/run-receiver.js'
import { waitUntil } from '../e2e/support/wait-until.js'

t.test('the line to try fits the first address, with TLS and without', async (t) => {
  t.equal(tryLine('[::]:8080', false), "curl 'http://127.0.0.1:8080/?x=$globals'")
  t.equal(tryLine('0.0.0.0:8080', true), "curl -k 'https://127.0.0.1:8080/?x=$globals'")
  t.equal(tryLine('unix:/run/m.sock', false), "curl --unix-socket /run/m.sock 'http://mirror/?x=$globals'")
})

/** True when the process has a handler for SIGHUP: signal 1 is the lowest bit of the mask (proc(5)). */
function hearsHangUp(pid: number): boolean {
  const mask = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return mask !== undefined && (BigInt(`0x${mask}`) & 1n) === 1n
}

const skip = process.platform === 'linux' ? false : 'it reads signal masks from /proc'

t.test('a SIGHUP while it starts does not end it', { skip }, async (t) => {
  const options = ['--listen=127.0.0.1:0', '--admin=off', '--workers=1', '--drain-delay=0']
  const child = spawn(process.execPath, ['dist/main.js', 'serve', ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const { pid = 0 } = child
  await waitUntil('a handler of SIGHUP', () => hearsHangUp(pid) || undefined)
  t.notMatch(said, /listens on/, 'it is still starting')
  child.kill('SIGHUP')
  await waitUntil('the banner', () => said.includes('Try it') || undefined)
  child.kill('SIGTERM')
  t.strictSame(await once(child, 'exit'), [0, null])
})

t.test('SIGTERM while a reload builds engines ends it as always', { skip }, async (t) => {
  const options = ['--listen=127.0.0.1:0', '--admin=off', '--workers=1', '--drain-delay=0']
  // Ended inside the engine, which takes some 200 ms from the start of a thread, the whole process aborts.
  for (const delayMs of [60, 90, 120, 150]) {
    const child = spawn(process.execPath, ['dist/main.js', 'serve', ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await waitUntil('the banner', () => said.includes('Try it') || undefined)
    child.kill('SIGHUP')
    await setTimeout(delayMs)
    child.kill('SIGTERM')
    t.strictSame(await once(child, 'exit'), [0, null], said)
  }
})
