import t from 'tap'
import { LoginBrake } from '#src/ui/login-brake.js'
import { readToken, Sessions } from '#src/ui/sessions.js'

const token = 'a-token-of-16-ch'
const here = '127.0.0.1'

function openSessions(asked: string | undefined): Sessions {
  return new Sessions(asked, new LoginBrake({ nowMs: () => 0, wait: async () => {} }))
}

t.test('without a token everybody is let in', async (t) => {
  t.equal(openSessions(undefined).hasSession(undefined, 0), true)
})

t.test('a session lasts twelve hours', async (t) => {
  const sessions = openSessions(token)
  const result = await sessions.login(token, here, 0)
  t.equal(result.kind, 'accepted')
  const cookie = result.kind === 'accepted' ? result.cookie : ''
  t.match(cookie, /; HttpOnly; SameSite=Strict$/)
  const sent = `other=1; ${cookie.split(';')[0]}`
  t.equal(sessions.hasSession(sent, 12 * 3_600_000 - 1), true)
  t.equal(sessions.hasSession(sent, 12 * 3_600_000), false)
  t.equal(sessions.hasSession(sent.slice(0, -1), 1), false)
})

t.test('a bearer token opens for programs', async (t) => {
  const sessions = openSessions(token)
  t.equal(await sessions.judgeBearer(`Bearer ${token}`, here), 'open')
  t.equal(await sessions.judgeBearer(`Bearer ${token}x`, here), 'closed')
  t.equal(await sessions.judgeBearer(token, here), 'closed')
  t.equal(await sessions.judgeBearer(undefined, here), 'closed')
})

t.test('after any number of wrong tokens the right one still opens', async (t) => {
  const sessions = openSessions(token)
  for (let attempt = 0; attempt < 1000; attempt++) await sessions.login('wrong', here, 0)
  t.equal((await sessions.login(token, here, 0)).kind, 'accepted')
  t.equal(await sessions.judgeBearer(`Bearer ${token}`, '192.0.2.1'), 'open')
})

t.test('a token file holds 16 characters at least', async (t) => {
  const dir = t.testdir({ good: `${token}\n`, short: token.slice(1) })
  t.equal(await readToken(`${dir}/good`), token)
  await t.rejects(readToken(`${dir}/short`), { code: 'MWAF_UI_TOKEN' })
  await t.rejects(readToken(`${dir}/none`), { code: 'MWAF_UI_TOKEN' })
})
