// Real connections, with limits small enough for a test.
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { ConnectionReserve, type ReserveLimits } from '#src/ui/connection-reserve.js'
import { waitUntil } from '../e2e/support/wait-until.js'

interface Ends {
  readonly near: Socket
  readonly far: Socket
}

async function openReserve(
  t: Test,
  limits: ReserveLimits,
): Promise<{ reserve: ConnectionReserve; join: () => Promise<Ends> }> {
  const reserve = new ConnectionReserve(limits)
  const accepted: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    accepted.push(socket)
    reserve.admit(socket)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const join = async (): Promise<Ends> => {
    const far = connect(port, '127.0.0.1').on('error', () => {})
    const near = await waitUntil('the connection', () => accepted.shift())
    return { near, far }
  }
  t.teardown(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  return { reserve, join }
}

function endAll(ends: readonly Ends[]): void {
  for (const { near, far } of ends) {
    near.destroy()
    far.destroy()
  }
}

t.test('of those without a token the oldest gives way to the newest, and those with one stay', async (t) => {
  const { reserve, join } = await openReserve(t, { all: 4, unknown: 2, unknownLifeMs: 60_000 })
  const known = await join()
  reserve.trust(known.near)
  const others = [await join(), await join(), await join()]
  t.teardown(() => endAll([known, ...others]))
  t.strictSame(
    others.map(({ near }) => near.destroyed),
    [true, false, false],
  )
  t.notOk(known.near.destroyed)
  const [, second] = others
  if (second !== undefined) reserve.trust(second.near)
  const late = [await join(), await join()]
  t.teardown(() => endAll(late))
  t.notOk(second?.near.destroyed)
  t.ok(others[2]?.near.destroyed)
  t.notOk(late[1]?.near.destroyed)
})

t.test('when all that may be have a token, a new connection is refused; one that ends makes room', async (t) => {
  const { reserve, join } = await openReserve(t, { all: 2, unknown: 1, unknownLifeMs: 60_000 })
  const known = [await join()]
  for (const { near } of known) reserve.trust(near)
  known.push(await join())
  for (const { near } of known) reserve.trust(near)
  const refused = await join()
  t.teardown(() => endAll([...known, refused]))
  t.ok(refused.near.destroyed)
  await new Promise((resolve) => known[0]?.near.once('close', resolve).destroy())
  const late = await join()
  t.notOk(late.near.destroyed)
  endAll([late])
})

t.test('a connection that says nothing ends, one that has shown a token does not', async (t) => {
  const { reserve, join } = await openReserve(t, { all: 4, unknown: 4, unknownLifeMs: 100 })
  const silent = await join()
  const known = await join()
  reserve.trust(known.near)
  t.teardown(() => endAll([silent, known]))
  await waitUntil('the end of the silent one', () => (silent.near.destroyed ? true : undefined))
  t.notOk(known.near.destroyed)
})
