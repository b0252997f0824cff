// The order of connections: least recently active first.
import t from 'tap'
import type { ListedConnection } from '#src/listener/connection-host.js'
import { ConnectionList } from '#src/listener/connection-list.js'

interface Named extends ListedConnection {
  readonly name: string
}

function connection(name: string, lastActiveMs = 0, isIdle = true): Named {
  const nothing = (): void => {}
  const links = { previous: undefined, next: undefined, deadlineMs: 0 }
  return { name, lastActiveMs, isIdle, ...links, onDeadline: nothing, drain: nothing, abort: nothing }
}

function namesIn(list: ConnectionList): string {
  const names: string[] = []
  list.forEach((listed) => {
    if ('name' in listed) names.push(String(listed.name))
  })
  return names.join('')
}

t.test('adding, touching and removing keep order and count', async (t) => {
  const list = new ConnectionList()
  const [a, b, c] = [connection('a'), connection('b'), connection('c')]
  for (const one of [a, b, c]) list.add(one)
  t.equal(namesIn(list), 'abc')
  list.touch(a)
  t.equal(namesIn(list), 'bca')
  list.touch(a)
  t.equal(namesIn(list), 'bca')
  list.touch(c)
  t.equal(namesIn(list), 'bac')
  list.remove(a)
  t.equal(namesIn(list), 'bc')
  list.remove(b)
  list.remove(c)
  t.equal(namesIn(list), '')
  t.equal(list.count, 0)
  list.add(b)
  t.equal(namesIn(list), 'b')
})

t.test('one that was removed lets go of its neighbours', async (t) => {
  const list = new ConnectionList()
  const [a, b, c] = [connection('a'), connection('b'), connection('c')]
  for (const one of [a, b, c]) list.add(one)
  list.remove(b)
  t.equal(b.previous, undefined)
  t.equal(b.next, undefined)
  t.equal(namesIn(list), 'ac')
})

t.test('a visitor may remove the one it is given', async (t) => {
  const list = new ConnectionList()
  for (const name of 'abc') list.add(connection(name))
  const seen: ListedConnection[] = []
  list.forEach((one) => {
    seen.push(one)
    list.remove(one)
  })
  t.equal(seen.length, 3)
  t.equal(list.count, 0)
})

t.test('the oldest idle one is found among the oldest, if it has rested long enough', async (t) => {
  const list = new ConnectionList()
  t.equal(list.findOldestIdle(0, 0), undefined)
  const busy = connection('busy', 1000, false)
  const resting = connection('resting', 2000)
  for (const one of [busy, resting, connection('young', 3000)]) list.add(one)
  t.ok(list.findOldestIdle(4000, 2000) === resting, 'exactly long enough')
  t.equal(list.findOldestIdle(3999, 2000), undefined)
})

t.test('the search is bounded, however many are busy', async (t) => {
  const list = new ConnectionList()
  for (let index = 0; index < 31; index += 1) list.add(connection('busy', 0, false))
  const last = connection('last')
  list.add(last)
  t.ok(list.findOldestIdle(1000, 0) === last, 'the 32nd is looked at')
  const one = new ConnectionList()
  for (let index = 0; index < 32; index += 1) one.add(connection('busy', 0, false))
  one.add(connection('last'))
  t.equal(one.findOldestIdle(1000, 0), undefined, 'the 33rd is not')
})
