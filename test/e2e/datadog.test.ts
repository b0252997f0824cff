// The Go mirror's traces and ours, field by field: the same requests, one agent that takes what both send. A field that differs
// must be named in deploy/datadog.md, with its reason; what is named here and differs no more is a fault too.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import { buildPeer, startPeer } from './support/peer.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { RecordingAgent } from './support/recording-agent.js'
import { repositoryRoot } from './support/repository.js'
import { type RequestParts, requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { differencesOf, type Fields, fieldsOf } from './support/span-fields.js'
import { waitUntil } from './support/wait-until.js'

t.setTimeout(300_000)

const go = findProgram('go')
const rulesPath = createRequire(import.meta.url).resolve('dd-trace/packages/dd-trace/src/appsec/recommended.json')
const documentation = readFileSync(`${repositoryRoot}/deploy/datadog.md`, 'utf8')

/** Each in the shape of one sentence of the documentation; the first of an endpoint gives its schemas. */
const requests: readonly RequestParts[] = [
  { target: '/' },
  { target: '/items/42?x=$globals&password=hunter2', headers: ['X-Forwarded-For: 203.0.113.7, 10.0.0.1'] },
  { target: '/scan', headers: ['User-Agent: Arachni/v1', 'Cookie: a=b; sid=1', 'X-Datadog-Security-Test: abc'] },
  {
    target: '/api/v1/users/123456/abcdef123',
    type: 'application/json',
    body: '{"user":{"email":"a@b.co","n":12,"card":"4111111111111111"},"l":[1,2,"x"]}',
    headers: datadogTrace('1'),
  },
  {
    target: '/api/v1/users/123456/abcdef123',
    type: 'application/json',
    body: '{"q":"$globals"}',
    headers: datadogTrace('1'),
  },
  { target: '/rejected', headers: datadogTrace('-1') },
  { target: '/rejected?x=$globals', headers: datadogTrace('-1') },
  {
    target: '/w3c?x=$globals',
    headers: [
      'traceparent: 00-640cfd8d00000000abcdefab12345678-00f067aa0ba902b7-01',
      'tracestate: dd=s:1;o:rum;t.usr.id:x,other=1',
      'baggage: user.id=u1,session.id=s1,foo=bar',
    ],
  },
  {
    target: '/by-appsec',
    headers: [
      'traceparent: 00-640cfd8d00000000abcdefab12345678-00f067aa0ba902b7-00',
      'tracestate: dd=p:00f067aa0ba902b7;s:0;t.ts:02',
    ],
  },
  // eyJ...: {"alg":"none","typ":"JWT"} and {"sub":"1"}, which no rule raises an event for, but one keeps.
  { target: '/token', headers: ['Authorization: Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0.'] },
  { target: '/again' },
  // No schema of it is due: without APM it is the heartbeat.
  { target: '/again' },
]

function datadogTrace(priority: string): readonly string[] {
  return [
    'x-datadog-trace-id: 1234567890123456789',
    'x-datadog-parent-id: 987654321',
    `x-datadog-sampling-priority: ${priority}`,
    'x-datadog-origin: synthetics',
    'x-datadog-tags: _dd.p.tid=640cfd8d00000000,_dd.p.dm=-4,_dd.p.foo=bar',
  ]
}

/** Spans by the request's number, of each of both. */
interface Recorded {
  readonly peer: ReadonlyMap<number, Fields>
  readonly ours: ReadonlyMap<number, Fields>
}

async function record(t: Test, program: string, hasApm: boolean): Promise<Recorded> {
  const agent = await RecordingAgent.start(t)
  const env = {
    DD_APM_TRACING_ENABLED: String(hasApm),
    DD_SERVICE: 'request-mirror',
    DD_ENV: 'prod',
    DD_VERSION: '1.2',
    DD_TAGS: 'team:a,x:y',
  }
  const peer = await startPeer(t, program, rulesPath, { agent, env })
  const names = ['--env', 'prod', '--version-tag', '1.2', '--datadog-tags', 'team:a,x:y']
  const receiver = await Receiver.start(t, {
    rulesPath,
    args: ['--events', `datadog:${agent.url}`, hasApm ? '--apm-tracing' : '--no-apm-tracing', ...names],
  })
  for (const port of [peer.port, receiver.port]) await sendAll(port)
  const take = (language: string): ReadonlyMap<number, Fields> => spansOf(agent, language)
  await waitUntil(
    'the spans of both',
    () => [take('go'), take('javascript')].every(({ size }) => size === requests.length) || undefined,
    () => `${take('go').size} and ${take('javascript').size} came; ${receiver.process.describe()}`,
  )
  return { peer: take('go'), ours: take('javascript') }
}

async function sendAll(port: number): Promise<void> {
  const client = RawClient.connect(port)
  for (const [number, parts] of requests.entries()) {
    const headers = [...(parts.headers ?? []), `Via: 1.1 number-${number}`]
    await client.send(requestText({ ...parts, headers }))
  }
  client.close()
}

function spansOf(agent: RecordingAgent, language: string): ReadonlyMap<number, Fields> {
  const spans = agent.wholeSpans.map(fieldsOf).filter((fields) => fields.get('meta.language') === language)
  return new Map(spans.map((fields) => [numberOf(fields), fields]))
}

function numberOf(fields: Fields): number {
  const via = String(fields.get('meta.http.request.headers.via'))
  return Number(via.replace('1.1 number-', ''))
}

/** Names that the documentation's table of differences explains: the first cell of its rows, in backticks. */
function documentedNames(): readonly string[] {
  const [, section = ''] = documentation.split('## Where spans differ')
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
}

const documented = documentedNames()

function isNamedBy(known: string, field: string): boolean {
  const name = field.replace(/^(?:meta|metrics)\./, '')
  return known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known
}

/** Over all comparisons. */
const differing = new Set<string>()

for (const hasApm of [true, false]) {
  t.test(
    `spans ${hasApm ? 'with' : 'without'} APM are the Go mirror’s, but for what is documented`,
    { skip: go.skip },
    async (t) => {
      const { peer, ours } = await record(t, await buildPeer(go.path), hasApm)
      for (const [number, fields] of ours) {
        const differences = differencesOf(peer.get(number) ?? new Map(), fields)
        for (const { field, peer: theirs, ours: own } of differences) {
          differing.add(field)
          t.ok(
            documented.some((known) => isNamedBy(known, field)),
            `${requests[number]?.target}: ${field}`,
            { peer: theirs, ours: own },
          )
        }
      }
      t.comment(`differing: ${[...differing].sort().join(' ')}`)
      const missing = [...peer.keys()].filter((number) => !ours.has(number))
      const kept = missing.filter((number) => Number(peer.get(number)?.get('metrics._sampling_priority_v1')) > 0)
      t.strictSame(kept, [], 'each trace that the Go mirror has kept is there')
      if (hasApm) t.strictSame(missing, [], 'with APM each request has its span')
    },
  )
}

t.test('what is documented as a difference is one', { skip: go.skip }, async (t) => {
  t.strictSame(
    documented.filter((known) => ![...differing].some((field) => isNamedBy(known, field))),
    [],
  )
})
