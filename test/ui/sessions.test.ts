import t from 'tap'
import { attemptLimit, readToken, Sessions } from '#src/ui/sessions.js'

const token = 'a-token-of-16-ch'

t.test('without a token everybody is let in', async (t) => {
  t.equal(new Sessions(undefined).isOpenFor(undefined, undefined, 0), true)
})

t.test('a session lasts twelve hours', async (t) => {
  const sessions = new Sessions(token)
  const result = sessions.login(token, 0)
  t.equal(result.kind, 'accepted')
  const cookie = result.kind === 'accepted' ? result.cookie : ''
  t.match(cookie, /; HttpOnly; SameSite=Strict$/)
  const sent = `other=1; ${cookie.split(';')[0]}`
  t.equal(sessions.isOpenFor(undefined, sent, 12 * 3_600_000 - 1), true)
  t.equal(sessions.isOpenFor(undefined, sent, 12 * 3_600_000), false)
  t.equal(sessions.isOpenFor(undefined, sent.slice(0, -1), 1), false)
})

t.test('a bearer token opens for programs', async (t) => {
  const sessions = new Sessions(token)
  t.equal(sessions.isOpenFor(`Bearer ${token}`, undefined, 0), true)
  t.equal(sessions.isOpenFor(`Bearer ${token}x`, undefined, 0), false)
  t.equal(sessions.isOpenFor(token, undefined, 0), false)
})

t.test('wrong tokens are refused, and after too many of them right ones too until the minute is over', async (t) => {
  const sessions = new Sessions(token)
  for (let attempt = 0; attempt < attemptLimit; attempt++) t.equal(sessions.login('wrong', 0).kind, 'refused')
  t.equal(sessions.login(token, 59_999).kind, 'too-many')
  t.equal(sessions.isOpenFor(`Bearer ${token}`, undefined, 59_999), false)
  t.equal(sessions.login(token, 60_000).kind, 'accepted')
})

t.test('a token file holds 16 characters at least', async (t) => {
  const dir = t.testdir({ good: `${token}\n`, short: token.slice(1) })
  t.equal(await readToken(`${dir}/good`), token)
  await t.rejects(readToken(`${dir}/short`), { code: 'MWAF_UI_TOKEN' })
  await t.rejects(readToken(`${dir}/none`), { code: 'MWAF_UI_TOKEN' })
})
