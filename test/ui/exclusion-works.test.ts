// The page's exclusions, given to the engine: the input is excluded, its neighbours are not.
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { recordOf, textOf } from '#src/json-shape.js'
import { createReceiver } from '#src/receiver.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { rulesetText } from '../worker/support/small-ruleset.js'

interface Sent {
  readonly path: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

// One rule loads much faster than all, and these tests start many receivers.
const searched = ['server.request.query', 'server.request.body', 'server.request.headers.no_cookies']
const baseRules = rulesetText('$globals', 'test-1', searched)

/** Sends requests one after the other to a receiver with the base rules and those. */
async function send(
  t: Test,
  folder: string,
  more: readonly string[],
  requests: readonly Sent[],
): Promise<{
  events: readonly SecurityEvent[]
  page: string
}> {
  const receiver = createReceiver({
    listen: ['127.0.0.1:0'],
    ui: '127.0.0.1:0',
    workers: 1,
    rules: [`${folder}/base.json`, ...more],
    wafTimeoutUs: 10_000_000,
    logLevel: 'silent',
  })
  t.teardown(() => receiver.stop())
  const events: SecurityEvent[] = []
  receiver.on('event', (event) => events.push(event))
  const { listening, page = '' } = await receiver.start()
  // What comes last always matches: when its event is there, all others are.
  for (const { path, json, headers } of [...requests, { path: '/last?z=$globals' }]) {
    const init = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }
    const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' }
    await fetch(`http://${listening[0]}${path}`, { ...init, headers: { ...type, ...headers } })
  }
  await waitUntil('the last event', () => (events.some(({ request }) => request.path === '/last') ? true : undefined))
  return { events: events.filter(({ request }) => request.path !== '/last'), page }
}

/** One input that is excluded by the first request's event, and another that must stay. */
interface Case {
  readonly name: string
  readonly question: string
  readonly requests: readonly [excluded: Sent, kept: Sent]
}

const cases: readonly Case[] = [
  { name: 'a query parameter', question: '', requests: [{ path: '/a?b=$globals' }, { path: '/a?c=$globals' }] },
  {
    name: 'a query parameter on one path',
    question: 'path=1',
    requests: [{ path: '/a.b/(c)?d=$globals' }, { path: '/a?d=$globals' }],
  },
  {
    name: 'a field in a list of a body',
    question: '',
    requests: [
      { path: '/a', json: { items: [{ name: 'fine' }, { name: '$globals' }] } },
      { path: '/b', json: { items: [{ title: '$globals' }] } },
    ],
  },
  {
    name: 'a header',
    question: '',
    requests: [
      { path: '/a', headers: { 'user-agent': '$globals' } },
      { path: '/b?e=$globals', headers: { 'user-agent': 'Mozilla' } },
    ],
  },
]

const folder = t.testdir({ 'base.json': baseRules })
const everything = cases.flatMap(({ requests }) => requests)
const before = await send(t, folder, [], everything)

t.test('without an exclusion every request has its event', async (t) => {
  t.equal(before.events.length, everything.length)
})

for (const [index, { name, question, requests }] of cases.entries()) {
  t.test(`${name} is excluded, and nothing beside it`, async (t) => {
    // The store numbers events from 1, in the order of the requests.
    const event = `${before.page}/api/events/${2 * index + 1}`
    await waitUntil('the event to be stored', async () => (await fetch(event)).ok || undefined)
    const answer: unknown = await (await fetch(`${event}/exclusion?${question}`)).json()
    const path = `${folder}/exclusion-${index}.json`
    writeFileSync(path, textOf(recordOf(answer)['file']))
    const after = await send(t, folder, [path], requests)
    t.strictSame(after.events.map(nameOf), before.events.slice(2 * index + 1, 2 * index + 2).map(nameOf))
    const preview: unknown = await (await fetch(`${event}/preview?${question}`)).json()
    t.match(preview, { silencedCount: 1, isDone: true })
  })
}

function nameOf({ request }: SecurityEvent): string {
  return request.query || request.path
}
