import t from 'tap'
import { parseCoverageSource } from '#src/options/kinds/coverage-source.js'

t.test('a source has a kind, an address, what to look for, and a name for metrics', async (t) => {
  t.strictSame(parseCoverageSource('envoy=http://127.0.0.1:9901#outbound|8080||mirror.svc'), {
    kind: 'envoy',
    url: 'http://127.0.0.1:9901/',
    selector: 'outbound|8080||mirror.svc',
    share: undefined,
    label: 'envoy 127.0.0.1:9901',
  })
  t.equal(parseCoverageSource('envoy=http://127.0.0.1:9901')?.selector, 'mirrorwaf')
  t.match(parseCoverageSource('nginx=http://[::1]:81/status'), { selector: '', label: 'nginx [::1]:81' })
  t.equal(parseCoverageSource('prometheus=http://h/metrics#a_total{b="c"}')?.selector, 'a_total{b="c"}')
})

t.test('what cannot be asked is refused', async (t) => {
  const refused = [
    '',
    'envoy',
    'apache=http://h',
    'envoy=h:9901',
    'envoy=ftp://h',
    'nginx=http://u:p@h/',
    'prometheus=http://h/metrics',
  ]
  for (const text of refused) t.equal(parseCoverageSource(text), undefined, text)
})

t.test('a share for gateways that do not count their copies: above 0, at most 1', async (t) => {
  t.match(parseCoverageSource('nginx=http://h/status#share=0.1'), { url: 'http://h/status', selector: '', share: 0.1 })
  t.match(parseCoverageSource('prometheus=http://h/#a{b="c"};share=1'), { selector: 'a{b="c"}', share: 1 })
  t.equal(parseCoverageSource('envoy=http://h#share=0.1')?.selector, 'share=0.1', 'Envoy counts: it is a cluster')
  for (const share of ['0', '1.01', '-0.1', 'x', '', '10%', '1e-1']) {
    t.equal(parseCoverageSource(`nginx=http://h/status#share=${share}`), undefined, share)
  }
})

t.test('a lone percent sign in a selector stands for itself', async (t) => {
  t.equal(parseCoverageSource('envoy=http://h#100%')?.selector, '100%')
})
