// Many large bodies at once, through a receiver process with its default limits: memory stays bounded, and every request is
// answered and has an outcome. What is shed is bounded by design: a body that is inspected up to 10 MiB takes a slab of 16 MiB
// (powers of two), of which --in-flight-limit (48 MiB) stages three at a time and --queue-limit (32 MiB) lets two wait.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import t from 'tap'
import { parseStatusBytes } from '#bench/measure/process-stat.js'
import { Random } from '../fuzz/random.js'
import { Receiver } from './support/receiver.js'

const bodyCount = 12
const bodyBytes = 12_000_000
const residentLimitBytes = 300e6
const pieceBytes = 64 * 1024

const noise = Buffer.alloc(pieceBytes)
const random = new Random(5)
for (let index = 0; index < noise.length; index += 1) noise[index] = random.below(256)

t.test('12 bodies of 12 MB at once stay under 300 MB; all are answered and have an outcome', async (t) => {
  const receiver = await Receiver.start(t, { args: ['--waf-timeout', '10ms'], isUnhooked: true })
  const answers = await Promise.all(Array.from({ length: bodyCount }, () => upload(receiver.port)))
  for (const answer of answers) t.match(answer, /^HTTP\/1\.1 204 No Content\r\n/)
  await receiver.awaitAccounted(bodyCount)
  const inspected = bodyCount - (await receiver.outcomeCount('shed'))
  t.ok(inspected >= 1, `${inspected} inspected`)
  t.equal(await receiver.outcomeCount('clean'), 0, 'what was not seen to its end does not read as clean')
  t.equal(await receiver.outcomeCount('lost'), 0)
  t.equal(await receiver.metric('mirrorwaf_body_bytes_total'), bodyCount * bodyBytes)
  const shedByReason = await receiver.metric('mirrorwaf_requests_shed_total')
  t.equal(shedByReason, bodyCount - inspected, 'each shed request has its reason')
  const peakBytes = parseStatusBytes(readFileSync(`/proc/${receiver.process.pid}/status`, 'utf8'), 'VmHWM')
  t.comment(`peak ${Math.round(peakBytes / 1e6)} MB, ${inspected} of ${bodyCount} inspected`)
  t.ok(peakBytes > 0 && peakBytes < residentLimitBytes, `peak ${Math.round(peakBytes / 1e6)} MB`)
})

t.test('one body after the other is shed by nothing', async (t) => {
  const receiver = await Receiver.start(t, { args: ['--waf-timeout', '10ms'], isUnhooked: true })
  for (let count = 1; count <= 3; count += 1) {
    t.match(await upload(receiver.port), /^HTTP\/1\.1 204 /)
    await receiver.awaitAccounted(count)
  }
  t.equal(await receiver.outcomeCount('shed'), 0)
  t.equal(await receiver.outcomeCount('clean'), 0)
})

/** @returns the answer, once it is whole. */
async function upload(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
  })
  socket.write(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bodyBytes}\r\n\r\n`,
  )
  for (let sent = 0; sent < bodyBytes; sent += pieceBytes) {
    if (!socket.write(noise.subarray(0, Math.min(pieceBytes, bodyBytes - sent)))) await once(socket, 'drain')
  }
  while (!answer.includes('\r\n\r\n')) await once(socket, 'data')
  socket.destroy()
  return answer
}
