import t from 'tap'
import { findAgent, usualSocket } from '#src/sinks/datadog/agent-address.js'
import { settingsWith } from './support/events.js'

const noSocket = (): boolean => false
const tcp = (origin: string): object => ({ origin, socketPath: undefined })

t.test('the target goes before the URL, the URL before host and port, these before the socket', async (t) => {
  const settings = settingsWith({ agentUrl: 'http://two:1', agentHost: 'three', agentPort: 3 })
  const hasSocket = (): boolean => true
  t.match(findAgent('http://one:9', settings, hasSocket), tcp('http://one:9'))
  t.match(findAgent('', settings, hasSocket), tcp('http://two:1'))
  t.match(findAgent('', settingsWith({ agentHost: 'three', agentPort: 3 }), hasSocket), tcp('http://three:3'))
  t.match(findAgent('', settingsWith(), hasSocket), { socketPath: usualSocket })
  t.match(findAgent('', settingsWith({ agentPort: 9126 }), noSocket), tcp('http://127.0.0.1:9126'))
})

t.test('hosts may be IPv6 addresses, URLs may have a path or lead over TLS', async (t) => {
  t.match(findAgent('', settingsWith({ agentHost: '2001:db8::1' }), noSocket), tcp('http://[2001:db8::1]:8126'))
  t.match(findAgent('', settingsWith({ agentHost: '[2001:db8::1]' }), noSocket), tcp('http://[2001:db8::1]:8126'))
  t.match(findAgent('https://agent/x', settingsWith(), noSocket), tcp('https://agent'))
  t.match(findAgent('http://me:secret@agent:1', settingsWith(), noSocket), tcp('http://agent:1'))
})

t.test('a socket is given as a URL with one slash or three', async (t) => {
  for (const url of ['unix:/run/apm.sock', 'unix:///run/apm.sock']) {
    t.match(findAgent(url, settingsWith(), noSocket), { socketPath: '/run/apm.sock' })
  }
})

t.test('what leads to no agent is refused', async (t) => {
  for (const url of ['ftp://agent', 'agent:8126', 'unix://', 'http://']) {
    t.equal(findAgent(url, settingsWith(), noSocket), undefined, url)
  }
  t.equal(findAgent('', settingsWith({ agentHost: 'a b' }), noSocket), undefined)
})
