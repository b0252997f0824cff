// Clients by the thousand, and clients that go away half-way: the others are answered as before, and all is accounted for.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import t from 'tap'
import { attackNumber, openConnections, startAttacks, testAnswers } from './support/attack-load.js'
import { sendAlone } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { sleep, waitUntil } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

t.test('10,000 clients that stand still in the head, in the body and between requests hold up nobody', async (t) => {
  const receiver = await Receiver.start(t)
  // Where fewer files may be open, fewer clients: what is counted is memory for each, and answers.
  const each = openFileLimit() >= 12_000 ? 3_334 : 1_000
  const before = await receiver.metric('process_resident_memory_bytes')
  await openConnections(t, receiver.port, each, 'GET /?x=')
  await openConnections(t, receiver.port, each, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc')
  await openConnections(t, receiver.port, each, '')
  await waitUntil('all connections to be accepted', async () => {
    return (await receiver.metric('mirrorwaf_connections_open')) === 3 * each || undefined
  })
  const load = startAttacks(receiver.port, 1_600)
  await sleep(5_000)
  testAnswers(t, await load.stop())
  const grownMiB = ((await receiver.metric('process_resident_memory_bytes')) - before) / 2 ** 20
  const perConnectionKiB = (grownMiB * 1024) / (3 * each)
  t.ok(perConnectionKiB < 32, `${perConnectionKiB.toFixed(1)} KiB for each`)
  t.comment(`memory grew by ${grownMiB.toFixed()} MiB for ${3 * each} connections`)
})

t.test(
  'over the connection limit new connections are dropped and counted; below it they are served again',
  async (t) => {
    const receiver = await Receiver.start(t, { args: ['--connection-limit', '50'] })
    const sockets = await openConnections(t, receiver.port, 200, 'GET / HTTP/1.1\r\nHost: a\r\n')
    await waitUntil('150 rejections', async () => {
      return (await receiver.metric('mirrorwaf_connections_rejected_total')) === 150 || undefined
    })
    for (const socket of sockets) socket.destroy()
    await waitUntil('an answer', async () => {
      const { status } = await sendAlone(receiver.port, attackNumber(1))
      return status === 204 || undefined
    })
  },
)

t.test('a flood of connections at the limit holds up nobody who is connected', async (t) => {
  const limit = 200
  const receiver = await Receiver.start(t, { args: ['--connection-limit', String(limit)] })
  const load = startAttacks(receiver.port)
  await waitUntil('the load to be connected', () => load.count > 20 || undefined)
  await openConnections(t, receiver.port, limit - 10, 'GET / HTTP/1.1\r\n')
  const endMs = performance.now() + 3_000
  let connectCount = 0
  const flood = async (): Promise<void> => {
    while (performance.now() < endMs) {
      connectCount += 1
      await new Promise<void>((resolve) => {
        const socket = net.connect(receiver.port, '127.0.0.1')
        socket.on('error', () => {}).once('close', () => resolve())
        socket.resume()
      })
    }
  }
  await Promise.all(Array.from({ length: 50 }, flood))
  testAnswers(t, await load.stop())
  const rejected = await receiver.metric('mirrorwaf_connections_rejected_total')
  t.ok(rejected > connectCount / 2, `${rejected} of ${connectCount} were turned away`)
  t.comment(`${connectCount} connections in 3 s beside ${limit} open ones, ${rejected} turned away`)
})

t.test('more connections at once than the kernel keeps waiting: then all go on as before', async (t) => {
  const backlog = 16
  const receiver = await Receiver.start(t, { args: ['--backlog', String(backlog)] })
  // While it is stopped nothing is accepted: beyond the backlog the kernel drops what asks for a connection.
  receiver.process.signal('SIGSTOP')
  const sockets = Array.from({ length: 300 }, () => net.connect(receiver.port, '127.0.0.1'))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  let connectedCount = 0
  let answeredCount = 0
  for (const [number, socket] of sockets.entries()) {
    socket.on('error', () => {})
    socket.once('connect', () => {
      connectedCount += 1
      socket.write(attackNumber(number))
    })
    socket.once('data', () => {
      answeredCount += 1
    })
  }
  await sleep(500)
  t.ok(connectedCount < 100, `${connectedCount} connections while nothing is accepted`)
  receiver.process.signal('SIGCONT')
  const { durationMs } = await sendAlone(receiver.port, attackNumber(300))
  // Clients whose first packets were dropped try again after one, three and seven seconds, all at once, and some are dropped
  // again: how many get in when is the kernel's doing.
  await waitUntil('those that waited in the kernel to be answered', () => answeredCount >= backlog || undefined)
  for (const socket of sockets) socket.destroy()
  t.comment(
    `${connectedCount} of 300 connected, ${answeredCount} answered; a new client waited ${durationMs.toFixed(1)} ms`,
  )
  await waitUntil('all connections to be gone', async () => {
    return (await receiver.metric('mirrorwaf_connections_open')) === 0 || undefined
  })
  await receiver.awaitDecided(await receiver.metric('mirrorwaf_requests_received_total'))
  t.ok((await receiver.outcomeCount('matched')) > backlog)
})

t.test('clients that break off are accounted for as aborted, and attacks in what came are reported', async (t) => {
  const receiver = await Receiver.start(t)
  const count = 200
  const head = 'POST /?x=$globals HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc'
  const attacks = await openConnections(t, receiver.port, count, head)
  const harmless = await openConnections(t, receiver.port, count, head.replace('$globals', 'red'))
  await waitUntil('all connections to be accepted', async () => {
    return (await receiver.metric('mirrorwaf_connections_open')) === 2 * count || undefined
  })
  for (const socket of attacks) socket.resetAndDestroy()
  for (const socket of harmless) socket.end()
  await receiver.awaitAccounted(2 * count)
  t.equal(await receiver.outcomeCount('matched'), count)
  t.equal(await receiver.outcomeCount('aborted'), count)
  t.ok(receiver.events().every(({ flags }) => flags.aborted))
})

t.test(
  'a client that closes its side in the head is accounted for as aborted, and what came is inspected',
  async (t) => {
    const receiver = await Receiver.start(t)
    const count = 100
    const attacks = await openConnections(t, receiver.port, count, 'GET /?x=$globals HTTP/1.1\r\nHost: a\r\nX-A: ')
    for (const socket of attacks) socket.end()
    await receiver.awaitAccounted(count)
    t.equal(await receiver.outcomeCount('matched'), count)
    t.ok(receiver.events().every(({ flags }) => flags.aborted))
    await waitUntil('all connections to be gone', async () => {
      return (await receiver.metric('mirrorwaf_connections_open')) === 0 || undefined
    })
  },
)

t.test('a client that has said all and closed its side is answered', async (t) => {
  const receiver = await Receiver.start(t)
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = net.connect({ port: receiver.port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece
    })
    socket.once('error', reject).once('end', () => resolve(text))
    socket.end(attackNumber(1))
  })
  t.match(answer, /^HTTP\/1\.1 204 /)
  await receiver.awaitEvent('case=n1-')
})

function openFileLimit(): number {
  return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 0)
}
