// The page's server over real sockets, without a browser.
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { defaultRulesetPath } from '#src/engine/ruleset.js'
import { CounterId } from '#src/observe/counter-ids.js'
import { eventOf } from '../store/support/event-lines.js'
import { startDesk } from './support/start-desk.js'

t.test('the page and its files come with a policy that lets nothing inline run', async (t) => {
  const { url } = await startDesk(t)
  const page = await (await fetch(url)).text()
  t.notMatch(page, /<script>|style=|onclick|https?:\/\//)
  const files = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path)
  t.ok(files.length >= 4)
  for (const path of ['/', ...files, '/vendor/uplot.js', '/event-dialog.js']) {
    const response = await fetch(`${url}${path}`)
    t.equal(response.status, 200, path)
    t.match(response.headers.get('content-security-policy'), "default-src 'none'")
    t.equal(response.headers.get('x-content-type-options'), 'nosniff')
    await response.arrayBuffer()
  }
})

t.test('only files of the list are handed out', async (t) => {
  const { ask } = await startDesk(t)
  for (const path of ['/../package.json', '/..%2fmain.js', '/main.d.ts', '/tsconfig.json', '/api', '/api/nothing']) {
    t.equal((await ask(path)).status, 404, path)
  }
})

t.test('a name that was not named is refused, whatever it asks for', async (t) => {
  const { desk } = await startDesk(t, { hosts: ['waf.example'] })
  const port = desk.address?.port
  const statusFor = (host: string, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once('error', reject)
        .end()
    })
  t.equal(await statusFor('evil.example', '/'), 421)
  t.equal(await statusFor('evil.example', '/api/events'), 421)
  t.equal(await statusFor('WAF.example:80', '/api/events'), 200)
})

t.test('beyond loopback there is no page without a token', async (t) => {
  await t.rejects(startDesk(t, { address: { host: '0.0.0.0', port: 0 } }), { code: 'MWAF_UI_TOKEN' })
})

t.test('with a token everything but the login is closed, until it is shown', async (t) => {
  const dir = t.testdir({ token: 'a-token-of-16-ch\n' })
  const { url, ask } = await startDesk(t, { address: { host: '0.0.0.0', port: 0 }, tokenFile: `${dir}/token` })
  t.match(await (await fetch(url)).text(), 'name="token"')
  for (const path of ['/api/events', '/api/live', '/api/counts', '/api/events/1']) {
    t.equal((await ask(path)).status, 401, path)
  }
  t.equal((await ask('/api/events', { authorization: 'Bearer a-token-of-16-ch' })).status, 200)
  const wrong = await fetch(`${url}/login`, { method: 'POST', body: 'token=wrong', redirect: 'manual' })
  t.equal(wrong.status, 401)
  const login = await fetch(`${url}/login`, { method: 'POST', body: 'token=a-token-of-16-ch', redirect: 'manual' })
  t.equal(login.status, 303)
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  t.equal((await ask('/api/events', { cookie })).status, 200)
  const browserLike = { origin: url }
  t.equal((await fetch(`${url}/login`, { method: 'POST', body: 'token=x', headers: browserLike })).status, 401)
  const foreign = { origin: 'http://evil.example' }
  t.equal((await fetch(`${url}/login`, { method: 'POST', body: 'token=x', headers: foreign })).status, 403)
})

t.test('who guesses tokens is slowed down, and the right token still opens the page', async (t) => {
  const dir = t.testdir({ token: 'a-token-of-16-ch\n' })
  const { url } = await startDesk(t, { address: { host: '0.0.0.0', port: 0 }, tokenFile: `${dir}/token` })
  const login = (token: string): Promise<Response> =>
    fetch(`${url}/login`, { method: 'POST', body: `token=${token}`, redirect: 'manual' })
  for (let attempt = 0; attempt < 20; attempt += 1) t.equal((await login(`wrong${attempt}`)).status, 401)
  const guesses = Array.from({ length: 3 }, () => login('wrong'))
  t.equal((await login('a-token-of-16-ch')).status, 303)
  t.strictSame(new Set((await Promise.all(guesses)).map(({ status }) => status)), new Set([401]))
})

t.test('connections without a token do not keep out who has one', async (t) => {
  const dir = t.testdir({ token: 'a-token-of-16-ch\n' })
  const { desk, ask } = await startDesk(t, { address: { host: '0.0.0.0', port: 0 }, tokenFile: `${dir}/token` })
  const idle = Array.from({ length: 200 }, () => connect(desk.address?.port ?? 0, '127.0.0.1').on('error', () => {}))
  t.teardown(() => {
    for (const socket of idle) socket.destroy()
  })
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
  t.equal((await ask('/api/events', { authorization: 'Bearer a-token-of-16-ch' })).status, 200)
})

t.test('an answer to somebody without a token ends the connection', async (t) => {
  const dir = t.testdir({ token: 'a-token-of-16-ch\n' })
  const { url } = await startDesk(t, { address: { host: '0.0.0.0', port: 0 }, tokenFile: `${dir}/token` })
  t.equal((await fetch(`${url}/api/events`)).headers.get('connection'), 'close')
  const known = await fetch(`${url}/api/events`, { headers: { authorization: 'Bearer a-token-of-16-ch' } })
  t.not(known.headers.get('connection'), 'close')
  await known.arrayBuffer()
})

t.test('two pages that ask for counts get the same answer', async (t) => {
  const { give, ask } = await startDesk(t)
  await give([eventOf({ atMs: Date.now() - 120_000 })])
  t.match((await ask('/api/counts?range=3600000')).answer, { total: 1 })
  await give([eventOf({ atMs: Date.now() - 120_000 })])
  t.match((await ask('/api/counts?range=3600000')).answer, { total: 1 }, 'made a moment ago')
  t.match((await ask('/api/counts?range=86400000')).answer, { total: 2 }, 'another question')
})

t.test('a search finds events and says where it ended', async (t) => {
  const { give, ask } = await startDesk(t)
  await give(Array.from({ length: 60 }, (_, index) => eventOf({ rule: index < 55 ? 'a' : 'b', path: `/p${index}` })))
  const first = await ask('/api/events?rule=a')
  t.match(first.answer, { isDone: false, nextId: 6, events: [{ id: 55, path: '/p54' }] })
  const second = await ask('/api/events?rule=a&before=6')
  t.match(second.answer, { isDone: true, events: [{ id: 5 }] })
  t.match((await ask('/api/events?text=nothing')).answer, {
    events: [],
    scannedCount: 60,
    totalCount: 60,
    isDone: true,
  })
})

t.test('questions with nonsense in them are answered as if it were not there', async (t) => {
  const { give, ask } = await startDesk(t)
  await give([eventOf()])
  for (const query of ['before=x', 'before=-1', 'from=1e9', 'rule=', 'limit=100000', 'text=%00', '%', '&&=']) {
    t.equal((await ask(`/api/events?${query}`)).status, 200, query)
  }
  for (const path of ['/api/events/0', '/api/events/99', '/api/events/1x', '/api/events/1/nothing']) {
    t.equal((await ask(path)).status, 404, path)
  }
})

t.test('an event is opened with its rule in words', async (t) => {
  const { desk, give, ask } = await startDesk(t, { rules: [defaultRulesetPath()] })
  await desk.rulesChanged()
  await give([eventOf({ rule: 'crs-933-130', address: 'server.request.query', keyPath: ['x', '0'] })])
  t.match((await ask('/api/events/1')).answer, {
    matches: [
      {
        rule: {
          conditions: [{ subject: /any query parameter/, verb: 'contains one of the phrases', object: /\$globals/ }],
        },
        conditions: [{ where: 'query parameter "x"' }],
      },
    ],
  })
})

t.test('counts come with the names of rules', async (t) => {
  const { desk, give, ask } = await startDesk(t, { rules: [defaultRulesetPath()] })
  await desk.rulesChanged()
  await give([eventOf({ atMs: Date.now() - 120_000, rule: 'crs-933-130', type: 'php_code_injection' })])
  t.match((await ask('/api/counts?range=3600000')).answer, {
    total: 1,
    slotMs: 60_000,
    breakdowns: { type: [{ name: 'php_code_injection', count: 1 }], rule: [{ name: 'crs-933-130' }] },
    timeline: [{ name: 'php_code_injection', count: 1 }],
    ruleNames: { 'crs-933-130': /PHP/ },
  })
})

t.test('the live stream begins with what was, and goes on with samples and events', async (t) => {
  const { url, give, instruments } = await startDesk(t)
  const response = await fetch(`${url}/api/live`)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  instruments.counters.add(CounterId.received, 100)
  instruments.answerLatencyUs.record(250)
  await give([eventOf({ path: '/seen' })])
  let text = ''
  while (!(text.includes('event: sample') && text.includes('/seen'))) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  t.match(text, /^event: hello\ndata: \{"version":"\d/)
  const sample: unknown = JSON.parse(/event: sample\ndata: (.*)/.exec(text)?.[1] ?? '{}')
  t.match(sample, { answerP99Us: 250 })
  t.match(text, /event: events\ndata: \{"events":\[\{"id":1,/)
})
